/** The bpf engine on the running kernel: what it reports, whole and in the right place. */
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lives } from "../../src/kernel/proc.ts";
import {
  abiCalls,
  buildRecorder,
  field,
  Recorder,
  record,
  removeRecorder,
  ticker,
  tracers,
} from "../engine.ts";
import { compiled, lacks, needs, no32Bit, noBpf, sleep, start, svtrace, waitUntil } from "../helpers.ts";

const bpf = { engine: "bpf" };
const program = compiled;

beforeAll(buildRecorder);
afterAll(removeRecorder);

describe(...needs("bpf engine", noBpf(), lacks("gcc")), () => {
  it("reports a command from its execve to its exit", async () => {
    const r = await record({ ...bpf, argv: ["/bin/true"], quiet: false });
    const calls = r.lines.filter((l) => l.event === "enter" || l.event === "exit");
    expect(calls[0]).toMatchObject({ event: "enter", name: "execve", path: "/bin/true" });
    expect(calls[1]).toMatchObject({ event: "exit", name: "execve", ret: 0, error: 0, comm: "true" });
    expect(calls.at(-1)).toMatchObject({ event: "enter", name: "exit_group" });
    expect(r.of("exited")).toMatchObject([{ status: 0, inCall: true, name: "exit_group" }]);
    expect(r.of("signal").concat(r.of("stopped"), r.of("lost"))).toEqual([]);
  });

  it("reports a failing exec and hides what follows", async () => {
    const r = await record({ ...bpf, argv: ["/etc/passwd"], quiet: false });
    expect(r.of("exit")[0]).toMatchObject({ name: "execve", error: 13 });
    expect(r.of("exited")).toMatchObject([{ status: 1 }]);
    expect(r.of("enter")).toHaveLength(1);
  });

  it("tells threads from processes, and follows 500 of them", async () => {
    const r = await record({ ...bpf, argv: [program("threads"), "500"] });
    const [first, ...others] = r.of("new");
    expect(others).toHaveLength(500);
    expect(others.every((t) => t.pid === first.pid)).toBe(true);
    expect(r.of("exited")).toHaveLength(501);
    expect(r.end.lost).toBe(0);
    expect((r.end.counts as Record<string, number>).getppid).toBe(500 * 5);
  });

  it("follows children whose parent died before telling", async () => {
    const r = await record({ ...bpf, argv: [program("orphan"), "200"] });
    expect(r.of("exited")).toHaveLength(r.of("new").length);
    expect(new Set(r.of("new").map((t) => t.tid))).toEqual(new Set(r.of("exited").map((t) => t.tid)));
  });

  it("lets a thread's exec go on under its leader's tid", async () => {
    const r = await record({ ...bpf, argv: [program("thread-exec")], quiet: false });
    const leader = r.of("new")[0].tid;
    const [, exec] = r.of("exec");
    const former = exec.former as number;
    expect(former).not.toBe(leader);
    expect(exec).toMatchObject({ tid: leader, comm: "true" });
    expect(r.of("superseded")).toMatchObject([{ tid: leader, by: former }]);
    const rest = r.lines.slice(r.lines.indexOf(exec));
    expect(rest.find((l) => l.event === "exit")).toMatchObject({ tid: leader, name: "execve", error: 0 });
    expect(r.of("exited").at(-1)).toMatchObject({ tid: leader, status: 0 });
    expect(r.of("new")).toHaveLength(3);
  });

  const x64 = process.arch === "x64";
  it.runIf(x64)(...needs("tells i386, x32 and x86_64 calls apart", no32Bit()), async () => {
    const r = await record({ ...bpf, argv: [program("abis")], quiet: false });
    const calls = r.of("enter").slice(-5, -1);
    expect(calls.map((l) => [l.abi, l.name, l.a0])).toEqual(abiCalls);
  });

  it.runIf(x64)("tells x32 and x86_64 calls apart", async () => {
    const r = await record({ ...bpf, argv: [program("abis"), "no i386"], quiet: false });
    const calls = r.of("enter").slice(-4, -1);
    expect(calls.map((l) => [l.abi, l.name, l.a0])).toEqual(abiCalls.slice(1));
  });

  it("only follows when asked to", async () => {
    const argv = ["/bin/sh", "-c", "/bin/true; exit 3"];
    const r = await record({ ...bpf, argv, options: { followForks: false } });
    expect(r.of("new")).toHaveLength(1);
    expect(r.of("exited")).toMatchObject([{ status: 3 }]);
  });

  it("reports wanted calls only", async () => {
    const r = await record({
      ...bpf,
      argv: ["/bin/sh", "-c", "cat /etc/hostname >/dev/null; kill -9 $$"],
      wanted: ["openat", "kill"],
      quiet: false,
    });
    const names = new Set(r.of("enter").map((l) => l.name));
    expect([...names].sort()).toEqual(["kill", "openat"]);
    expect(r.of("exec")).toHaveLength(2);
    expect(r.of("exited")).toMatchObject([{ status: 0 }, { signal: 9 }]);
  });

  it("attaches to all threads and lets go of them again, unseen", async () => {
    const t = await ticker(100);
    const r = new Recorder({ ...bpf, attach: t.pid, quiet: false });
    await waitUntil("a call of each thread", () => new Set(r.of("exit").map((l) => l.tid)).size === 101);
    expect(new Set(tracers(t.pid))).toEqual(new Set(["0"]));
    r.child.kill("SIGTERM");
    await r.done;
    expect(r.of("new")).toHaveLength(101);
    expect(r.of("new").every((n) => n.attached && n.pid === t.pid && n.comm === "ticker")).toBe(true);
    expect(r.of("detached")).toHaveLength(101);
    expect(r.of("stopped").concat(r.of("signal"), r.of("lost"))).toEqual([]);
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
  });

  it("reports a signal and the exit it leads to", async () => {
    const t = await ticker(2);
    const r = new Recorder({ ...bpf, attach: t.pid, quiet: false });
    await r.until("exit");
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
    await r.done;
    expect(r.of("signal").filter((s) => s.signo === 10)).toHaveLength(1);
    expect(r.of("exited").map((e) => e.status)).toEqual([7, 7, 7]);
  });

  it("shows when a process stops", async () => {
    const t = await ticker(0);
    const r = new Recorder({ ...bpf, attach: t.pid, quiet: false });
    await r.until("exit");
    t.child.kill("SIGSTOP");
    await r.until("stopped", (l) => l.signo === 19);
    expect(field(t.pid, "State")).toBe("T");
    t.child.kill("SIGCONT");
    await r.until("signal", (l) => l.signo === 18);
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
    await r.done;
  });

  for (const [how, name] of [
    ["read", "read"],
    ["futex", "futex"],
    ["nanosleep", "nanosleep"],
    ["poll", "poll"],
  ]) {
    it(`reports a task killed in the middle of ${name}`, async () => {
      const r = new Recorder({ ...bpf, argv: [program("blocked"), how], quiet: false });
      const { tid } = await r.until("exit", (l) => l.name === "write");
      await waitUntil("asleep", () => field(tid, "State") === "S");
      process.kill(tid, "SIGKILL");
      await r.done;
      expect(r.of("exited")).toMatchObject([{ tid, signal: 9, inCall: true, name }]);
      expect(r.of("enter").at(-1)).toMatchObject({ tid, name });
    });

    it(`shows ${name}, under way when we attached, once it is over`, async () => {
      const child = start([program("blocked"), how]);
      const pid = child.pid!;
      await waitUntil("asleep", () => field(pid, "State") === "S");
      const r = new Recorder({ ...bpf, attach: pid, quiet: false });
      await r.until("new");
      process.kill(pid, "SIGKILL");
      await r.done;
      expect(r.of("exited")).toMatchObject([{ tid: pid, signal: 9 }]);
    });
  }

  it("ends with a process whose first thread had ended before", async () => {
    const child = spawn(program("leaderless"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await waitUntil("without its leader", () => field(child.pid!, "State") === "Z");
    expect(lives(child.pid!)).toBe(true);
    const r = new Recorder({ ...bpf, attach: child.pid });
    await r.until("new");
    child.stdin.end();
    await r.done;
    expect(r.of("exited")).toMatchObject([{ pid: child.pid, status: 0 }]);
  });

  it("says that a process has ended already", async () => {
    const parent = spawn("perl", ["-e", "$| = 1; print fork() || exit; <STDIN>"]);
    const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    await waitUntil("a zombie", () => field(pid, "State") === "Z");
    const traced = await svtrace(["trace", "--engine=bpf", "-p", String(pid)]);
    expect(traced).toMatchObject({ status: 1, stdout: "" });
    expect(traced.stderr).toMatch(`attach to ${pid}: No such process\nsvtrace trace: it has ended already\n`);
    parent.stdin.end();
  });

  it("adopts a process that stopped itself before its exec", async () => {
    const child = spawn("/bin/sh", ["-c", "kill -STOP $$; exec /bin/true"], { stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    await waitUntil("stopped", () => field(child.pid!, "State") === "T");
    const r = await record({ ...bpf, adopt: child.pid, quiet: false });
    expect(r.of("enter")[0]).toMatchObject({ name: "execve", path: "/bin/true" });
    expect(r.of("signal").concat(r.of("stopped"))).toEqual([]);
    expect(await ended).toBe(0);
  });

  it("hands on the exits of children that are not traced", async () => {
    const r = await record({ ...bpf, argv: ["/bin/true"], bystander: true });
    expect(r.of("exited")).toHaveLength(1);
  });

  it("is on time for its own signals while tasks sleep", async () => {
    const r = new Recorder({ ...bpf, argv: ["/bin/sleep", "100"], quiet: false });
    await r.until("exit");
    const [{ tid }] = r.of("new");
    await waitUntil("asleep", () => field(tid, "State") === "S");
    r.child.kill("SIGTERM");
    await r.done;
    expect(r.of("detached")).toHaveLength(1);
    expect(field(tid, "State")).toBe("S");
    process.kill(tid, "SIGKILL");
  });

  it("sees the calls of everything that runs, but not its own", async () => {
    const r = new Recorder({ ...bpf, all: true, quiet: false });
    await sleep(0.5);
    const t = await ticker(1);
    await r.until("exit", (l) => l.pid === t.pid && /nanosleep/.test(String(l.name)));
    t.child.kill("SIGUSR1");
    await r.until("exited", (l) => l.tid === t.pid && l.status === 7);
    r.child.kill("SIGTERM");
    await r.done;
    expect(r.lines.some((l) => l.pid === r.child.pid)).toBe(false);
  });
});

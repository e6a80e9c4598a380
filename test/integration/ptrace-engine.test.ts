/** The ptrace engine against small C programs: what it reports, and that tracees live on as if nothing had been there. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  abiCalls,
  buildRecorder,
  field,
  Recorder,
  record,
  recorderPath,
  removeRecorder,
  ticker,
  tracers,
} from "../engine.ts";
import {
  waitUntil as becomes,
  needs,
  no32Bit,
  compiled as program,
  root,
  run,
  sleep,
  start,
} from "../helpers.ts";

const gcc = existsSync("/usr/bin/gcc");

beforeAll(buildRecorder);
afterAll(removeRecorder);

describe.runIf(gcc)("ptrace engine (needs gcc)", () => {
  it("reports a command from its execve to its exit", async () => {
    const r = await record({ argv: ["/bin/true"], quiet: false });
    const calls = r.lines.filter((l) => l.event === "enter" || l.event === "exit");
    expect(calls[0]).toMatchObject({ event: "enter", name: "execve", path: "/bin/true" });
    expect(calls[1]).toMatchObject({ event: "exit", name: "execve", ret: 0, error: 0, comm: "true" });
    expect(calls.at(-1)).toMatchObject({ event: "enter", name: "exit_group" });
    expect(r.of("exited")).toMatchObject([{ status: 0, inCall: true, name: "exit_group" }]);
    expect(r.of("signal").concat(r.of("stopped"), r.of("lost"))).toEqual([]);
  });

  it("reports a failing exec and hides what follows", async () => {
    const r = await record({ argv: ["/etc/passwd"], quiet: false });
    expect(r.of("exit")[0]).toMatchObject({ name: "execve", error: 13 });
    expect(r.of("exited")).toMatchObject([{ status: 1 }]);
    expect(r.of("enter")).toHaveLength(1);
  });

  it("starts commands as if by hand: standard descriptors and signals", () => {
    const script = "grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd";
    const job = { quiet: true, options: { followForks: true }, argv: ["/bin/sh", "-c", script] };
    const output = (...command: string[]): string[] =>
      execFileSync("/bin/sh", ["-c", '"$0" "$@" 7</etc/passwd; true', ...command], {
        encoding: "utf8",
      })
        .split("\n")
        .filter((l) => !l.startsWith("{"));
    const traced = output(process.execPath, recorderPath(), JSON.stringify(job));
    expect(traced).toEqual(output("/bin/sh", "-c", script));
    expect(traced).toContain("7");
  });

  it("tells threads from processes, and follows 200 of them", async () => {
    const r = await record({ argv: [program("threads"), "200"] });
    const [first, ...others] = r.of("new");
    expect(others).toHaveLength(200);
    expect(others.every((t) => t.pid === first.pid && t.parent === first.pid)).toBe(true);
    expect(r.of("exited")).toHaveLength(201);
  });

  it("follows 5,000 forks, many killed at birth", async () => {
    const r = await record({ argv: [program("fork-storm"), "5000"] });
    expect(r.of("new")).toHaveLength(5001);
    expect(r.of("exited")).toHaveLength(5001);
    expect(r.of("new").every((t) => t.tid === t.pid)).toBe(true);
    expect(r.of("lost").concat(r.of("other"))).toEqual([]);
  });

  it("follows children whose parent died before telling", async () => {
    const r = await record({ argv: [program("orphan"), "200"] });
    expect(r.of("exited")).toHaveLength(r.of("new").length);
    expect(new Set(r.of("new").map((t) => t.tid))).toEqual(new Set(r.of("exited").map((t) => t.tid)));
  });

  it("lets a thread's exec go on under its leader's tid", async () => {
    const r = await record({ argv: [program("thread-exec")], quiet: false });
    const leader = r.of("new")[0].tid;
    const [, exec] = r.of("exec");
    const former = exec.former as number;
    expect(former).not.toBe(leader);
    expect(exec).toMatchObject({ tid: leader, comm: "true" });
    expect(r.of("superseded")).toMatchObject([{ tid: leader, by: former }]);
    const end = r.lines.indexOf(exec) + 1;
    expect(r.lines[end]).toMatchObject({ event: "exit", tid: leader, name: "execve", error: 0 });
    expect(r.lines.find((l) => l.event === "enter" && l.tid === former && l.name === "execve")).toBeDefined();
  });

  const x64 = process.arch === "x64";
  it.runIf(x64)(...needs("tells i386, x32 and x86_64 calls apart", no32Bit()), async () => {
    const r = await record({ argv: [program("abis")], quiet: false });
    const calls = r.of("enter").slice(-5, -1);
    expect(calls.map((l) => [l.abi, l.name, l.a0])).toEqual(abiCalls);
    expect(r.of("exit").slice(-2)[0]).toMatchObject({ error: 38 });
  });

  it.runIf(x64)("tells x32 and x86_64 calls apart", async () => {
    const r = await record({ argv: [program("abis"), "no i386"], quiet: false });
    const calls = r.of("enter").slice(-4, -1);
    expect(calls.map((l) => [l.abi, l.name, l.a0])).toEqual(abiCalls.slice(1));
    expect(r.of("exit").slice(-2)[0]).toMatchObject({ error: 38 });
  });

  it("says why it may not attach", async () => {
    const t = await ticker(0);
    const first = new Recorder({ attach: t.pid });
    await first.until("new");
    const second = new Recorder({ attach: t.pid }, { stderr: "pipe" });
    let stderr = "";
    second.child.stderr!.on("data", (d) => {
      stderr += d;
    });
    await second.done;
    expect(stderr).toMatch(/EPERM.*already traced by \S+ \d+/);
    t.child.kill("SIGKILL");
    await first.done;
    const third = new Recorder({ attach: t.pid }, { stderr: "pipe" });
    third.child.stderr!.on("data", (d) => {
      stderr += d;
    });
    await third.done;
    expect(stderr).toMatch(/PTRACE_SEIZE, \d+\): ESRCH/);
  });

  it("does not take what cannot be traced for what needs a privilege", async () => {
    const refusal = async (pid: number): Promise<string> => {
      const r = new Recorder({ attach: pid }, { stderr: "pipe" });
      let stderr = "";
      r.child.stderr!.on("data", (d) => {
        stderr += d;
      });
      await r.done;
      return /EPERM \((.*)\)/s.exec(stderr)?.[1] ?? stderr;
    };
    const parent = start(["/bin/sh", "-c", ": & exec /bin/sleep 60"]);
    const children = () => readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, "latin1");
    const zombie = await becomes("a child that has ended", () => {
      const pid = Number(children());
      return pid > 0 && field(pid, "State") === "Z" && pid;
    });
    expect(await refusal(zombie)).toMatch(/has ended, and its parent has not waited for it yet/);
    const kernel = readFileSync("/proc/2/comm", "latin1");
    if (kernel === "kthreadd\n") expect(await refusal(2)).toMatch(/a thread of the kernel's own/);
  });

  it("lets the name of another tracer drive no terminal", async () => {
    const t = await ticker(0);
    // the number of ptrace, and PTRACE_SEIZE
    const script =
      '$0 = "a\\e[1m\\nb"; syscall(101, 0x4206, $ARGV[0] + 0, 0, 0); syswrite(STDOUT, "x"); sleep 60';
    const other = start(["perl", "-e", script, String(t.pid)]);
    await becomes("traced", () => tracers(t.pid)[0] === String(other.pid));
    const r = new Recorder({ attach: t.pid }, { stderr: "pipe" });
    let stderr = "";
    r.child.stderr!.on("data", (d) => {
      stderr += d;
    });
    await r.done;
    expect(stderr).toContain(`already traced by a\\x1b[1m\\x0ab ${other.pid}`);
    t.child.kill("SIGKILL");
  });

  it("reports the calls of an adopted command's children, which have no filter", async () => {
    const script = "kill -STOP $$; exec /bin/sh -c '/bin/true; :'";
    const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore" });
    await becomes("stopped", () => field(child.pid!, "State") === "T");
    const options = { followForks: true, seccomp: true };
    const r = await record({ adopt: child.pid, quiet: false, wanted: ["execve"], options });
    expect(r.of("enter").map((l) => l.path)).toEqual(["/bin/sh", "/bin/true"]);
  });

  it("only follows when asked to", async () => {
    const r = await record({ argv: ["/bin/sh", "-c", "/bin/true; exit 3"], options: { followForks: false } });
    expect(r.of("new")).toHaveLength(1);
    expect(r.of("exited")).toMatchObject([{ status: 3 }]);
  });

  it("reports wanted calls only, with and without a filter in the kernel", async () => {
    for (const seccomp of [false, true]) {
      const r = await record({
        argv: ["/bin/sh", "-c", "cat /etc/hostname >/dev/null; kill -9 $$"],
        wanted: ["openat", "kill"],
        options: { followForks: true, seccomp },
        quiet: false,
      });
      const names = new Set(r.of("enter").map((l) => l.name));
      expect([...names].sort(), `seccomp ${seccomp}`).toEqual(["kill", "openat"]);
      expect(r.of("enter").filter((l) => l.name === "openat")).toHaveLength(
        r.of("exit").filter((l) => l.name === "openat").length,
      );
      expect(r.of("exec")).toHaveLength(2);
      expect(r.of("exited")).toMatchObject([{ status: 0 }, { signal: 9, inCall: true, name: "kill" }]);
    }
  });

  it("detaches on exec, but not on the command's own", async () => {
    const r = await record({
      argv: ["/bin/sh", "-c", "/bin/true; exit 4"],
      options: { followForks: true, detachOnExec: true },
    });
    expect(r.of("detached")).toMatchObject([{ comm: "true" }]);
    expect(r.of("exited")).toMatchObject([{ status: 4 }]);
  });

  it("attaches to all threads and lets go of them again", async () => {
    const t = await ticker(20);
    const r = new Recorder({ attach: t.pid, detachAfter: 300 });
    await r.until("new");
    await becomes("traced", () => tracers(t.pid).every((p) => Number(p) === r.child.pid));
    await r.done;
    expect(r.of("new")).toHaveLength(21);
    expect(r.of("new").every((n) => n.attached && n.pid === t.pid && n.comm === "ticker")).toBe(true);
    expect(r.of("detached")).toHaveLength(21);
    expect(r.of("stopped").concat(r.of("signal"), r.of("lost"))).toEqual([]);
    expect(r.of("end")[0].enters).toBeGreaterThan(100);
    expect(new Set(tracers(t.pid))).toEqual(new Set(["0"]));
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
  });

  it("passes signals on", async () => {
    const t = await ticker(2);
    const r = new Recorder({ attach: t.pid, quiet: false });
    await r.until("exit");
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
    await r.done;
    expect(r.of("signal")).toMatchObject([{ signo: 10 }]);
    expect(r.of("exited").map((e) => e.status)).toEqual([7, 7, 7]);
  });

  it("leaves a stopped process stopped, and lets SIGCONT continue it", async () => {
    const t = await ticker(2);
    const r = new Recorder({ attach: t.pid, quiet: false });
    await r.until("exit");
    t.child.kill("SIGSTOP");
    await becomes("stopped", () => r.of("stopped").length === 3);
    await sleep(0.1);
    const before = r.lines.length;
    await sleep(0.1);
    expect(r.lines.length, "nothing runs while stopped").toBe(before);
    expect(r.of("stopped").every((s) => s.signo === 19)).toBe(true);
    t.child.kill("SIGCONT");
    await becomes("running again", () => r.lines.length > before + 20);
    expect(
      r
        .of("signal")
        .map((s) => s.signo)
        .sort(),
    ).toEqual([18, 19]);
    t.child.kill("SIGSTOP");
    await becomes("stopped again", () => r.of("stopped").length === 6);
    r.child.kill("SIGTERM");
    await r.done;
    expect(r.of("detached")).toHaveLength(3);
    expect(field(t.pid, "TracerPid")).toBe("0");
    expect(field(t.pid, "State")).toBe("T");
    t.child.kill("SIGCONT");
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
  });

  it("attaches to a stopped process without waking it", async () => {
    const t = await ticker(0);
    t.child.kill("SIGSTOP");
    await becomes("stopped", () => field(t.pid, "State") === "T");
    const r = new Recorder({ attach: t.pid, detachAfter: 200 });
    await r.done;
    expect(r.of("stopped")).toMatchObject([{ signo: 19 }]);
    expect(r.of("end")[0].enters).toBe(0);
    expect(field(t.pid, "State")).toBe("T");
    t.child.kill("SIGKILL");
    await t.ended;
  });

  it("reports a task killed in the middle of a call", async () => {
    const r = new Recorder({ argv: ["/bin/sleep", "100"], quiet: false });
    const call = await r.until("enter", (l) => l.name === "clock_nanosleep");
    process.kill(call.tid, "SIGKILL");
    await r.done;
    expect(r.of("exited")).toMatchObject([{ signal: 9, inCall: true, name: "clock_nanosleep" }]);
  });

  it("does not take tracees along when it is killed", async () => {
    const t = await ticker(3);
    const r = new Recorder({ attach: t.pid });
    await r.until("new");
    await sleep(0.1);
    r.child.kill("SIGKILL");
    await becomes("untraced", () => tracers(t.pid).every((p) => p === "0"));
    expect(field(t.pid, "State")).toMatch(/[RS]/);
    t.child.kill("SIGUSR1");
    expect(await t.ended).toBe(7);
  });

  it("does not wait for a parent in vfork when it detaches", async () => {
    const r = new Recorder({ argv: [program("vfork-wait"), "3000"], quiet: false });
    await r.until("enter", (l) => l.name === "clock_nanosleep");
    await sleep(0.05);
    r.child.kill("SIGINT");
    await r.done;
    expect(r.of("detached")).toHaveLength(2);
    expect(r.of("left")[0].ms).toBeLessThan(1000);
    expect(existsSync(`/proc/${r.of("new")[0].tid}`), "the program lives on").toBe(true);
  });

  it("lets go of a parent in vfork when that is over, in a process that lives on", async () => {
    const r = new Recorder({ argv: [program("vfork-wait"), "600"], quiet: false, stay: 3000 });
    await r.until("enter", (l) => l.name === "clock_nanosleep");
    r.child.kill("SIGINT");
    await r.until("left");
    await becomes("the program ends", () => field(r.of("new")[0].tid, "State") === "Z", 2);
    r.child.kill("SIGKILL");
  });

  it("lets go of children born while it leaves, in a process that lives on", async () => {
    const loop = start([program("fork-loop")]);
    const script = `import { readFileSync } from "node:fs";
      import { trace } from ${JSON.stringify(join(root, "dist/index.js"))};
      const child = () => readFileSync("/proc/${loop.pid}/task/${loop.pid}/children", "latin1");
      for (let n = 0; n < 12; n++) {
        let i = 0;
        for await (const _ of trace(${loop.pid})) if (++i > 40 + n) break;
        const seen = new Set();
        for (const end = Date.now() + 1000; seen.size < 4 && Date.now() < end; ) {
          seen.add(child());
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        if (seen.size < 4) throw new Error("children of round " + n + ": " + [...seen]);
      }`;
    const { status, stderr } = await run([process.execPath, "--input-type=module", "-e", script]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("adopts a process that stopped itself before its exec", async () => {
    const child = spawn("/bin/sh", ["-c", "kill -STOP $$; exec /bin/true"], { stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    await becomes("stopped", () => field(child.pid!, "State") === "T");
    const r = await record({ adopt: child.pid, quiet: false });
    expect(r.of("enter")[0]).toMatchObject({ name: "execve", path: "/bin/true" });
    expect(r.of("signal").concat(r.of("stopped"))).toEqual([]);
    expect(await ended).toBe(0);
  });

  it("hands on the exits of children that are not traced", async () => {
    const r = await record({ argv: ["/bin/true"], bystander: true });
    expect(r.of("other")).toMatchObject([{ status: 5 << 8 }]);
    expect(r.of("exited")).toHaveLength(1);
  });

  it("is on time for its own signals while tracees sleep", async () => {
    const r = new Recorder({ argv: ["/bin/sleep", "100"], quiet: false });
    const call = await r.until("enter", (l) => l.name === "clock_nanosleep");
    const start = performance.now();
    r.child.kill("SIGTERM");
    await r.done;
    expect(performance.now() - start).toBeLessThan(1000);
    expect(r.of("detached")).toHaveLength(1);
    process.kill(call.tid, "SIGKILL");
  });
});

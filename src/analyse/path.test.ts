import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { Synthetic } from "./synthetic.ts";

test("time of which nothing was recorded is not computing", () => {
  const gap = new Synthetic({ engine: "bpf" }).at({
    started: 0,
    asked: 10,
    died: 20,
    ended: 20,
    written: 20,
  });
  gap.process(100, 0, "app", 0, 20).event(10.5, "gap", 100, "the recorder was not running", 19.5);
  gap.call(100, 10, 10.1, "read", "3, …").call(100, 19.8, 19.9, "close", "3");
  const report = analyse(gap.recording);
  expect(report.unattributed).toBeGreaterThan(9);
  expect(report.tracing).toBe(0);
  const start = new Synthetic({ engine: "bpf", ready_by: "listen" }).at({
    started: 0,
    ready: 120,
    written: 120,
  });
  start.process(100, 0, "app", 0, null).call(100, 0.1, 60, "read", "3, …").call(100, 64.9, 65, "close", "3");
  start.call(100, 119.9, 125, "accept4", "4, …", "5", { target: "listen:tcp:0.0.0.0:80" });
  expect(analyse(start.recording).unattributed).toBeGreaterThan(54);
});

test("from a fault to the death of it, memory is left behind", () => {
  const r = new Synthetic({ engine: "bpf", signal: "SIGSEGV", asked_by: "SIGSEGV" });
  r.at({ started: 0, asked: 10, died: 18, ended: 18, written: 18 }).process(100, 0, "app", 0, 18);
  r.recording.processes[0].signal = "SIGSEGV";
  r.call(100, 9, 9.9, "read", "3, …").signal(100, 10, "SIGSEGV");
  const [first] = analyse(r.recording).causes;
  expect(first.text).toBe("died of a fault; leaving its memory behind (core dump) took 8.00 s");
});

test("who holds a lock may be left over from the lifetime before", () => {
  const old = new Synthetic({ asked_by: "svc -t" });
  old.at({ started: 0, ready: 1, asked: 10, died: 10.2, written: 20 });
  old.process(100, 0, "app", 0, 10.2).process(101, 100, "worker", 1, null);
  const r = new Synthetic({ pid: 200, ready_by: "listen" }).at({ started: 10.3, ready: 15, written: 16 });
  r.process(200, 0, "app", 10.3, null).event(10.5, "holder", 200, "101 worker --x");
  r.call(200, 10.5, 14.5, "flock", "3, LOCK_EX", "0", { target: "/run/lock" });
  r.call(200, 15, 16, "accept4", "3, …", "4", { target: "listen:tcp:0.0.0.0:80" });
  const lock = analyse(r.recording, old.recording).causes.find((c) => c.category === "lock")!;
  expect(lock.text).toContain("held by 101 (worker --x)");
});

test("a descriptor that was closed is another file, or none", () => {
  const causes = (closed: boolean, exec?: string) => {
    const r = new Synthetic({ ready_by: "listen" }).at({ started: 0, ready: 3, written: 3 });
    r.process(100, 0, "perl", 0, null);
    r.call(100, 0, 0.001, "openat", 'AT_FDCWD, "/usr/share/perl/strict.pm", O_RDONLY', "3");
    if (closed) r.call(100, 0.01, 0.011, "close", "3", "0", { fd: 3 });
    if (exec !== undefined) r.call(100, 2.95, 2.951, "execve", '"/usr/bin/perl", ["perl"], …', exec);
    for (let i = 1; i < 290; i++)
      r.call(100, i / 100 + 0.02, i / 100 + 0.021, "read", "3, …", "4096", { fd: 3 });
    r.call(100, 3, 4, "accept4", "4, …", "5", { target: "listen:tcp:0.0.0.0:80" });
    return analyse(r.recording).causes.map((c) => c.target);
  };
  expect(causes(false)).toContain("/usr/share/perl/strict.pm");
  // what was read before an exec stays known
  expect(causes(false, "0")).toContain("/usr/share/perl/strict.pm");
  expect(causes(true)).not.toContain("/usr/share/perl/strict.pm");
});

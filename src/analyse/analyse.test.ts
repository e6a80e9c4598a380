import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { queryName } from "./dns.ts";
import { Synthetic } from "./synthetic.ts";
import type { Report } from "./types.ts";

const QUERY = String.raw`3, "\253\315\1\0\0\1\0\0\0\0\0\0\2db\7example\0\0\1\0\1", 28, MSG_NOSIGNAL, NULL, 0`;

/** Every nanosecond of the total is in one cause or unattributed. */
function expectComplete(report: Report): void {
  const sum = report.causes.reduce((s, c) => s + c.seconds, 0) + report.unattributed;
  expect(sum).toBeCloseTo(report.total, 6);
  expect(report.phases.reduce((s, p) => s + p.seconds, 0)).toBeCloseTo(report.total, 6);
}

/** Manager 100 waits for worker 101, which finishes a request; then 30 fsyncs; new lifetime looks up a name. */
function restart(): Report {
  const before = new Synthetic({}).at({ started: 0, asked: 100, died: 103, ended: 103, written: 103 });
  before.process(100, 0, "manager", 0, 103).process(101, 100, "worker", 0.1, 102);
  before.call(100, 99, 100.001, "pause", "", "? ERESTARTNOHAND").signal(100, 100.001, "SIGTERM", 1);
  before.call(100, 100.01, 102.0, "wait4", "-1, ", "101");
  before.call(101, 99.5, 101.9, "clock_nanosleep", "CLOCK_REALTIME, 0, {tv_sec=2}, 0x7ffe");
  for (let i = 0; i < 30; i++) {
    const at = 102 + i * 0.033;
    before.call(100, at, at + 0.03, "fsync", "5", "0", { target: "/var/lib/web/state.db", fd: 5 });
  }
  const after = new Synthetic({ pid: 200 }).at({ started: 104, ready: 110, written: 120 });
  after.process(200, 0, "manager", 104, null).event(104.2, "exec", 200, "manager").event(110, "ready", 200);
  after.call(200, 104.3, 104.31, "connect", "3, …", "0", { target: "udp:10.0.0.1:53", fd: 3 });
  after.call(200, 104.31, 104.32, "sendto", QUERY, "28", { target: "udp:10.0.0.1:53", fd: 3 });
  after.call(200, 104.32, 106.32, "poll", "[{fd=3, events=POLLIN}], 1, 2000", "0 (Timeout)", {
    target: "udp:10.0.0.1:53",
  });
  const pg = { target: "tcp:127.0.0.1:5432", fd: 4 };
  after.call(200, 106.4, 106.4001, "connect", "4, …", "-1 EINPROGRESS (Operation now in progress)", pg);
  after.call(200, 106.41, 107.21, "select", "8, NULL, [4], NULL, {tv_sec=0, tv_usec=800000}", "0 (Timeout)", {
    target: "tcp:127.0.0.1:5432",
  });
  after.call(200, 107.3, 109.3, "flock", "5, LOCK_EX", "0", { target: "/var/lib/web/lock" });
  after.call(200, 110, 120, "accept4", "6, ", "?", { target: "listen:tcp:0.0.0.0:80", unfinished: true });
  return analyse(after.recording, before.recording);
}

test("a restart: phases follow each other from request to ready", () => {
  const report = restart();
  expect(report.kind).toBe("restart");
  expect(report.total).toBeCloseTo(10, 3);
  expect(report.phases.map((p) => [p.name, Number(p.seconds.toFixed(2))])).toEqual([
    ["stopping", 3],
    ["respawn delay", 1],
    ["run script", 0.2],
    ["starting", 5.8],
  ]);
  expectComplete(report);
});

test("a restart: causes in words, ranked, attributed to who really waited", () => {
  const { causes } = restart();
  const find = (category: string) => causes.find((c) => c.category === category)!;
  expect(find("dns").text).toBe("name lookup of db.example at 10.0.0.1:53 got no answer for 2.02 s");
  expect(find("network").text).toBe("connect to 127.0.0.1:5432 (postgresql) got no answer for 0.80 s");
  expect(find("network").target).toBe("tcp:127.0.0.1:5432");
  expect(find("lock").text).toContain("/var/lib/web/lock");
  expect(find("disk").text).toBe("30 fsyncs of state.db took 0.90 s");
  expect(find("supervisor").seconds).toBeCloseTo(1, 3);
  const sleep = find("sleep");
  expect([sleep.pid, sleep.comm]).toEqual([101, "worker"]);
  expect(sleep.seconds).toBeCloseTo(1.89, 2);
  expect(sleep.evidence.join("\n")).toContain("clock_nanosleep(");
  expect(sleep.evidence.join("\n")).toContain("wait4(-1");
  expect(causes[0].seconds).toBeGreaterThanOrEqual(causes[1].seconds);
});

test("a wait that SIGCHLD ends is the child's, though its death was noticed after the signal", () => {
  const r = new Synthetic({}).at({ started: 0, asked: 10, died: 13, ended: 13, written: 13 });
  r.process(100, 0, "manager", 0, 13).process(101, 100, "worker", 1, 12.6);
  r.call(100, 10, 12.5, "rt_sigsuspend", "[], 8", "? ERESTARTNOHAND");
  const info =
    "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=101, si_uid=0, si_status=0, si_utime=0, si_stime=0}";
  r.signal(100, 12.5, "SIGCHLD", 0, info);
  r.call(101, 5, 12.4, "epoll_wait", "8, [{…}], 512, -1", "1", { target: "tcp:10.0.0.7:40000" });
  r.call(100, 12.6, 13, "exit_group", "0", "?");
  const [first] = analyse(r.recording).causes;
  expect([first.category, first.target]).toEqual(["network", "tcp:10.0.0.7:40000"]);
});

test("the process that lives longest after the main process is the one that is looked at", () => {
  const r = new Synthetic({}).at({ started: 0, asked: 10, died: 11, ended: 14, written: 14 });
  r.process(100, 0, "manager", 0, 11).process(101, 100, "stubborn", 1, 14).process(102, 100, "quick", 1, 12);
  r.call(100, 10.01, 11, "exit_group", "0", "?");
  r.call(101, 5, 14, "select", "0, NULL, NULL, NULL, {tv_sec=9, tv_usec=0}", "0 (Timeout)");
  r.call(102, 5, 12, "clock_nanosleep", "…");
  const report = analyse(r.recording);
  expect(report.kind).toBe("stop");
  expect(report.phases.map((p) => p.name)).toEqual(["stopping", "leftovers"]);
  expect(report.causes[0]).toMatchObject({ category: "sleep", pid: 101, comm: "stubborn" });
  expect(report.causes[0].seconds).toBeCloseTo(3, 3);
  expectComplete(report);
});

test("polling for a child with WNOHANG between sleeps is waiting for the child", () => {
  const r = new Synthetic({ dir: "", service: "sh" }).at({ started: 0, died: 1, ended: 1, written: 1 });
  r.process(100, 0, "manager", 0, 1).process(101, 100, "worker", 0, 0.95);
  for (let i = 0; i < 9; i++) {
    r.call(
      100,
      i / 10,
      i / 10 + 0.1,
      "select",
      "0, NULL, NULL, NULL, {tv_sec=0, tv_usec=100000}",
      "0 (Timeout)",
    );
    r.call(100, i / 10 + 0.1, i / 10 + 0.1, "wait4", "-1, 0x7ffe, WNOHANG, NULL", i === 8 ? "101" : "0");
  }
  r.call(101, 0, 0.95, "fdatasync", "3", "0", { target: "/data/journal" });
  const report = analyse(r.recording);
  expect(report.causes[0]).toMatchObject({ category: "disk", pid: 101, target: "/data/journal" });
  expect(report.causes[0].seconds).toBeGreaterThan(0.8);
  expectComplete(report);
});

test("reading a pipe is waiting for the one that writes into it", () => {
  const r = new Synthetic({ dir: "", service: "sh" }).at({ started: 0, died: 3, ended: 3, written: 3 });
  r.process(100, 0, "main", 0, 3).process(101, 100, "helper", 0, 2.9);
  r.call(100, 0, 2, "read", '3, "x", 1', "1", { target: "pipe:[7]" });
  r.call(101, 0, 1.9, "recvfrom", "5, …", "10", { target: "tcp:10.1.1.1:6379" });
  r.call(101, 1.95, 2, "write", '4, "x", 1', "1", { target: "pipe:[7]" });
  const report = analyse(r.recording);
  expect(report.causes[1]).toMatchObject({ category: "cpu", pid: 100 });
  expect(report.causes[0]).toMatchObject({ category: "network", pid: 101, target: "tcp:10.1.1.1:6379" });
  expect(report.causes[0].text).toContain("10.1.1.1:6379 (redis)");
  expectComplete(report);
});

test("time before the process that becomes ready existed belongs to its parent", () => {
  const r = new Synthetic({}).at({ started: 0, ready: 3, written: 4 });
  r.process(100, 0, "manager", 0, null).process(101, 100, "worker", 2, null);
  r.event(3, "ready", 101).call(100, 0.1, 1.9, "read", "3", "10", { target: "/etc/big" });
  r.call(100, 2, 4, "wait4", "-1, ", "?", { unfinished: true }).call(101, 2.1, 2.9, "connect", "3", "0", {
    target: "tcp:10.0.0.9:3306",
  });
  const report = analyse(r.recording);
  expect(report.causes[0]).toMatchObject({ category: "disk", pid: 100 });
  expect(report.causes[1]).toMatchObject({ category: "network", pid: 101 });
  expectComplete(report);
});

test("a blocked call counts as far as it got, and CPU is not waiting", () => {
  const r = new Synthetic({ dir: "", service: "job" }).at({ started: 0, written: 5 });
  r.process(100, 0, "job", 0, null).call(100, 0, 0.1, "read", "3").call(100, 2, 5, "connect", "4", "?", {
    unfinished: true,
    target: "tcp:10.0.0.1:443",
  });
  const report = analyse(r.recording);
  expect(report.causes[0].text).toBe("connect to 10.0.0.1:443 (https) got no answer for 3.00 s");
  expect(report.causes[1]).toMatchObject({ category: "cpu" });
  expectComplete(report);
});

test("a healthy restart says so", () => {
  const before = new Synthetic({}).at({ started: 0, asked: 10, died: 10.01, ended: 10.01, written: 11 });
  before.process(100, 0, "d", 0, 10.01).call(100, 10, 10.01, "exit_group", "0", "?");
  const after = new Synthetic({ pid: 200 }).at({ started: 10.02, ready: 10.1, written: 11 });
  after.process(200, 0, "d", 10.02, null).call(200, 10.02, 10.1, "openat", "…", "3", { target: "/etc/x" });
  expect(analyse(after.recording, before.recording).verdict).toMatch(/^Nothing was slow: the restart took/);
});

test("short gaps in a loop over one file belong to the file", () => {
  const r = new Synthetic({ dir: "", service: "save" }).at({ started: 0, died: 1, ended: 1, written: 1 });
  r.process(100, 0, "save", 0, 1);
  const about = { target: "/data/sessions" };
  for (let i = 0; i < 100; i++) {
    r.call(100, i / 100, i / 100 + 0.001, "write", "3", "1", about);
    r.call(100, i / 100 + 0.0013, i / 100 + 0.0097, "fsync", "3", "0", about);
  }
  const report = analyse(r.recording);
  expect(report.causes[0].text).toBe("100 fsyncs of sessions took 0.90 s");
  expect(report.causes.every((c) => c.target === "/data/sessions" || c.seconds < 0.001)).toBe(true);
  expectComplete(report);
});

test("DNS queries are recognised by what they are", () => {
  expect(queryName(QUERY)).toBe("db.example");
  expect(queryName('1, "hello, this is a line of a log\\n", 31')).toBeUndefined();
});

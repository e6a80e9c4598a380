import { expect, test } from "vitest";
import { analyseRunning } from "./running.ts";
import { Synthetic } from "./synthetic.ts";

/** A service attached to for ten seconds. */
const attached = (): Synthetic =>
  new Synthetic({ dir: "", attached: true }).at({ started: 0, ended: 10, written: 10 });

const causes = (s: Synthetic) => analyseRunning(s.recording).causes.map((c) => `${c.category} ${c.kind}`);

test("a pool's workers that look for work now and then wait for nobody", () => {
  const s = attached().process(100, 0, "pool", 0, null).process(100, 100, "worker", 0, null, 101);
  for (let i = 0; i < 20; i++) {
    const at = i / 2;
    s.call(101, at, at + 0.499, "futex", "0x1, FUTEX_WAIT", "-1 ETIMEDOUT (Connection timed out)");
    s.call(100, at, at + 0.499, "poll", "[{fd=4, events=POLLIN}], 1, 499", "0 (Timeout)");
  }
  expect(causes(s).filter((c) => !c.startsWith("cpu"))).toEqual([]);
});

test("threads that contend for a lock do", () => {
  const s = attached().process(100, 0, "busy", 0, null);
  for (let i = 0; i < 10; i++) s.call(100, i, i + 0.9, "futex", "0x1, FUTEX_WAIT", "0");
  expect(causes(s)[0]).toBe("lock futex");
});

test("messages, semaphores and completions that are awaited are work that does not come", () => {
  const s = attached().process(100, 0, "queue", 0, null);
  s.call(100, 0, 3, "mq_timedreceive", "3, 0x1, 64", "-1 ETIMEDOUT (Connection timed out)");
  s.call(100, 3, 6, "io_getevents", "0x1, 1, 1, [], {tv_sec=3, tv_nsec=0}", "0");
  s.call(100, 6, 8, "msgrcv", "1, 0x1, 90, 0, 0", "5");
  s.call(100, 8, 10, "semop", "1, [{0, -1, 0}], 1", "?", { unfinished: true });
  expect(causes(s)).toEqual([]);
});

test("a thread that computes and sleeps evenly is a timer; one that sleeps between requests makes them wait", () => {
  const timer = attached().process(100, 0, "timer", 0, null);
  const server = attached().process(100, 0, "server", 0, null);
  for (let i = 0; i < 10; i++) {
    timer.call(100, i + 0.1, i + 0.99, "clock_nanosleep", "0, 0, {tv_sec=0, tv_nsec=890000000}", "0");
    server.call(100, i + 0.5, i + 0.99, "clock_nanosleep", "0, 0, {tv_sec=0, tv_nsec=490000000}", "0");
    const client = { target: "tcp:10.0.0.7:40000", fd: 5 };
    server.call(100, i + 0.1, i + 0.4, "recvfrom", "5", "10", client);
  }
  expect(causes(timer)).toEqual(["cpu outside"]);
  expect(causes(server)[0]).toBe("sleep sleep");
});

test("a command that sleeps is a timer though it waited for a CPU before", () => {
  const s = attached();
  for (let i = 0; i < 5; i++) {
    s.process(100 + i, 1, "sleep", 2 * i, 2 * i + 1.5);
    s.call(100 + i, 2 * i + 0.49, 2 * i + 1.49, "clock_nanosleep", "0, 0, {tv_sec=1, tv_nsec=0}", "0", {
      gapBlocked: 0,
      gapQueued: 0.48e9,
    });
  }
  expect(causes(s)).not.toContain("sleep sleep");
});

test("processes that take turns in accepting wait for clients, not for each other", () => {
  const s = attached().process(100, 0, "prefork", 0, null).process(101, 100, "prefork", 0, null);
  s.process(102, 100, "prefork", 0, null).call(100, 0, 10, "wait4", "-1, ", "?", { unfinished: true });
  s.call(101, 1, 10, "accept", "3, ", "?", { target: "listen:tcp:0.0.0.0:80", unfinished: true });
  s.call(102, 1, 10, "flock", "4, LOCK_EX", "?", { target: "/run/accept.lock", unfinished: true });
  s.event(1, "holder", 102, "101 prefork");
  expect(causes(s).filter((c) => !c.startsWith("cpu"))).toEqual([]);
});

const futex = (s: Synthetic, tid: number, owner: number) =>
  s.call(tid, 0, 10, "futex", "0x1, FUTEX_WAIT, 2", "?", {
    unfinished: true,
    pid: 100,
    tid,
    target: `thread:${owner}`,
  });

test("who waits for a lock of a thread that waits for clients queues, who waits for one that sleeps is kept", () => {
  const service = () =>
    attached().process(100, 0, "service", 0, null).process(100, 100, "service", 0, null, 101);
  const accepts = service().call(100, 0, 10, "accept", "3, ", "?", {
    target: "listen:tcp:0.0.0.0:80",
    unfinished: true,
  });
  futex(accepts, 101, 100);
  expect(causes(accepts)).toEqual([]);
  const sleeps = service().call(100, 0, 10, "clock_nanosleep", "0, 0, {tv_sec=99, tv_nsec=0}", "?", {
    unfinished: true,
  });
  futex(sleeps, 101, 100);
  const [cause] = analyseRunning(sleeps.recording).causes;
  expect(cause.text).toBe("waited 10.0 s for a lock held by thread 100 (service)");
});

test("who queues behind a thread that waits for work waits for work", () => {
  const s = attached().process(100, 0, "pool", 0, null).process(100, 100, "pool", 0, null, 101);
  s.call(100, 0, 10, "futex", "0x2, FUTEX_WAIT, 0", "?", { unfinished: true });
  futex(s, 101, 100);
  expect(causes(s)).toEqual([]);
});

test("threads that wait for each other are a deadlock", () => {
  const s = attached().process(100, 0, "service", 0, null).process(100, 100, "service", 0, null, 101);
  s.process(100, 100, "service", 0, null, 102);
  futex(s, 100, 101);
  futex(s, 101, 100);
  futex(s, 102, 100);
  const report = analyseRunning(s.recording);
  expect(report.causes.map((c) => [c.seconds, c.target])).toEqual([
    [20, "thread:100"],
    [10, "thread:101"],
  ]);
  expect(report.notes).toContain("a deadlock: 100 waits for a lock of 101, which waits for a lock of 100");
  expect(report.hint).toContain("svtrace stuck -k 100");
});

test("what opens a FIFO waits for its other end, what reads one for work", () => {
  const s = attached().process(100, 0, "sh", 0, null);
  s.call(100, 0, 4, "openat", 'AT_FDCWD, "/run/x", O_RDONLY', "3", { target: "fifo:/run/x" });
  s.call(100, 4, 10, "read", "3, ", "?", { target: "fifo:/run/x", unfinished: true });
  const { causes } = analyseRunning(s.recording);
  expect(causes[0].text).toBe("waited 4.00 s for somebody to open the other end of /run/x");
  expect(causes[0].category).toBe("ipc");
  expect(causes.slice(1).filter((c) => c.seconds > 0.1)).toEqual([]);
});

test("what sat in an earlier call throughout is not called idle", () => {
  const s = attached().process(100, 0, "stuck", 0, null);
  const report = analyseRunning(s.recording);
  expect(report.verdict).toMatch(/^Nothing was seen: within 10\.0 s the main thread made no call/);
  expect(report.hint).toContain("ps -L -o tid,stat,wchan -p 100");
  s.call(100, 9, 9.1, "read", "3", "1", { target: "/x" });
  expect(analyseRunning(s.recording).unattributed).toBeCloseTo(9, 3);
});

test("a call that was under way when it was attached to is a wait, though its sleep began before", () => {
  const s = attached().process(100, 0, "worker", 0, null);
  s.call(100, 0, 9, "flock", "4, LOCK_EX", "0", { target: "/run/x", blocked: 0, queued: 0 });
  s.call(100, 0.1, 9, "read", "4", "0", { target: "/data/x", blocked: 0, queued: 0, tid: 101, pid: 100 });
  s.process(100, 100, "worker", 0.1, null, 101);
  expect(causes(s).slice(0, 2).sort()).toEqual(["disk read", "lock filelock"]);
});

import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { Synthetic } from "./synthetic.ts";

/** A service that is asked to stop at 10 and ends at 14. */
const stopping = (engine = "bpf") =>
  new Synthetic({ engine }).at({ started: 0, asked: 10, died: 14, ended: 14, written: 14 });
const first = (r: Synthetic) => analyse(r.recording).causes[0];
const never = "? ERESTARTSYS";

test("a process that one of its threads ended is told by that thread", () => {
  const r = stopping();
  r.process(100, 0, "java", 0, 14).process(102, 100, "hook", 10, 14, 102).process(103, 100, "gc", 0, 14, 103);
  for (const p of r.recording.processes) p.pid = 100;
  r.call(100, 1, 14, "futex", "0x7f00, FUTEX_WAIT, 103, NULL", "?");
  r.call(103, 1, 14, "futex", "0x7f44, FUTEX_WAIT_PRIVATE, 0, NULL", "?");
  r.call(102, 10, 13.9, "recvfrom", "9, …", "80", { target: "tcp:10.0.0.1:5432" });
  r.call(102, 13.95, 14, "exit_group", "143", "?");
  expect(first(r)).toMatchObject({ category: "network", target: "tcp:10.0.0.1:5432" });
});

test("a sleep beside a look at children is for those only as long as it goes on", () => {
  const r = stopping();
  r.process(100, 0, "app", 0, 14).process(101, 100, "logger", 1, null);
  r.call(100, 10, 10.5, "clock_nanosleep", "CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=500000000}, NULL");
  r.call(100, 10.5, 10.501, "wait4", "-1, 0x7ff, WNOHANG, NULL", "0");
  r.call(100, 10.6, 13.9, "fsync", "3", "0", { target: "/var/lib/app/db" });
  r.call(101, 2, 14, "read", "0, …", never, { target: "pipe:[1]" });
  expect(first(r)).toMatchObject({ category: "disk", target: "/var/lib/app/db" });
  expect(first(r).seconds).toBeCloseTo(3.3, 1);
});

test("who computed while an interrupt used its CPU woke nobody", () => {
  const r = stopping();
  r.process(100, 0, "app", 0, 14).process(101, 100, "worker", 1, 14);
  r.call(101, 9, 9.5, "getppid");
  r.call(100, 10, 13.9, "connect", "5, {…}, 16", "0", { target: "tcp:10.0.0.1:5432", waker: 101, queued: 0 });
  expect(first(r)).toMatchObject({ category: "network", target: "tcp:10.0.0.1:5432" });
  const sent = stopping();
  sent.process(100, 0, "app", 0, 14).process(101, 100, "worker", 1, 14);
  sent.call(101, 10, 13.8, "flock", "3, LOCK_EX", "0", { target: "/run/lock" });
  sent.call(101, 13.89, 13.9, "write", "7, …", "1", { target: "pipe:[1]" });
  sent.call(100, 10, 13.9, "read", "6, …", "1", { target: "pipe:[1]", waker: 101, queued: 0 });
  expect(first(sent)).toMatchObject({ category: "lock", target: "/run/lock" });
});

test("another host's port of the same number is not ours", () => {
  const peer = (target: string) => {
    const r = stopping();
    r.process(100, 0, "app", 0, 14).process(101, 100, "worker", 1, 14).process(102, 100, "other", 1, 14);
    for (const tid of [101, 102])
      r.call(tid, 2, 3, "accept4", "3, …", "4", { target: "listen:tcp:0.0.0.0:8080" });
    r.call(101, 9.9, 13.7, "flock", "3, LOCK_EX", "0", { target: "/run/lock" });
    r.call(101, 13.89, 13.9, "write", "7, …", "1", { target: "tcp:127.0.0.1:40000" });
    r.call(100, 10, 13.9, "recvfrom", "5, …", "1", { target, waker: 0 });
    return first(r).category;
  };
  expect(peer("tcp:10.0.0.9:8080")).toBe("network");
  expect(peer("tcp:127.0.0.1:8080")).toBe("lock");
});

test("a pause after what failed once, and is not tried again, is a pause", () => {
  const start = (again: boolean) => {
    const r = new Synthetic({ ready_by: "listen" }).at({ started: 0, ready: 6, written: 6 });
    r.process(100, 0, "app", 0, null);
    const socket = { target: "unix:/var/run/nscd/socket" };
    r.call(100, 0.1, 0.101, "connect", "3, {…}, 110", "-1 ENOENT (No such file or directory)", socket);
    r.call(100, 0.3, 5.3, "clock_nanosleep", "CLOCK_REALTIME, 0, {tv_sec=5, tv_nsec=0}, NULL");
    if (again) r.call(100, 5.4, 5.401, "connect", "3, {…}, 110", "0", socket);
    r.call(100, 6, 6.5, "accept4", "3, …", "4", { target: "listen:tcp:0.0.0.0:80" });
    return first(r);
  };
  expect(start(false)).toMatchObject({ category: "sleep", kind: "sleep" });
  expect(start(true)).toMatchObject({ kind: "retry connect", target: "unix:/var/run/nscd/socket" });
});

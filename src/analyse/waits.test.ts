import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { Synthetic } from "./synthetic.ts";
import type { Cause } from "./types.ts";

const TIMED_OUT = "0 (Timeout)";
const IN_PROGRESS = "-1 EINPROGRESS (Operation now in progress)";
const FUTEX_TIMED_OUT = "-1 ETIMEDOUT (Connection timed out)";
const DB = { target: "tcp:10.0.0.1:5432", fd: 4 };

/** A command that ran for 10 s. */
const run = (): Synthetic =>
  new Synthetic({ dir: "", service: "app" })
    .at({ started: 0, died: 10, ended: 10, written: 10 })
    .process(100, 0, "app", 0, 10);

const first = (s: Synthetic): Cause => analyse(s.recording).causes.filter((c) => c.category !== "cpu")[0];

const said = (s: Synthetic) => `${first(s).category}: ${first(s).text}`;

/** A session that is set up and then idle. */
const session = (s: Synthetic): Synthetic =>
  s
    .call(100, 0.1, 0.1001, "connect", "4, …", IN_PROGRESS, DB)
    .call(100, 0.11, 0.1101, "sendto", '4, "select 1"', "8", DB)
    .call(100, 0.12, 0.1201, "recvfrom", '4, "1"', "8", { fd: 4 });

const timer = (s: Synthetic, target: string): Synthetic =>
  s.call(100, 1, 6, "epoll_wait", "5, [], 64, 5000", TIMED_OUT, { target, fd: 5 });

test("a timer of a loop of events is a sleep, whatever else the loop looks at", () => {
  expect(said(timer(run(), "anon_inode:[eventfd]"))).toBe("sleep: slept 5.00 s");
  expect(said(timer(run(), "unix:[77]"))).toBe("sleep: slept 5.00 s");
  expect(said(timer(session(run()), `anon_inode:[eventfd] | ${DB.target}`))).toBe("sleep: slept 5.00 s");
  expect(said(timer(session(run()), DB.target))).toBe("sleep: slept 5.00 s");
});

test("a poll that timed out is about the peer that owes an answer, to whichever thread", () => {
  const both = `${DB.target} | pipe:[9]`;
  const asked = session(run()).process(100, 100, "app", 0, 10, 101);
  asked.call(101, 0.5, 0.5001, "sendto", '4, "select 2"', "8", DB);
  asked.call(101, 0.6, 0.6001, "recvfrom", "4, ", "-1 EAGAIN (Resource temporarily unavailable)", DB);
  const waited = "network: waited 5.00 s for 10.0.0.1:5432 (postgresql) (timed out)";
  expect(said(timer(asked, both))).toBe(waited);
  const dropped = run().call(100, 0.1, 0.1001, "connect", "4, …", IN_PROGRESS, DB);
  const connect = "network: connect to 10.0.0.1:5432 (postgresql) got no answer for 5.00 s";
  expect(said(timer(dropped, both))).toBe(connect);
  const stalled = session(run()).call(100, 1, 6, "poll", "[{fd=4, events=POLLIN}], 1, 5000", TIMED_OUT, {
    target: DB.target,
  });
  expect(said(stalled)).toBe(waited);
});

test("an answer on a local socket can be owed, too", () => {
  const local = { target: "unix:/run/db.sock", fd: 4 };
  const s = run().call(100, 0.1, 0.1001, "sendto", '4, "q"', "1", local);
  expect(said(timer(s, local.target))).toContain("ipc: waited 5.00 s for an answer on /run/db.sock");
  s.call(100, 0.2, 0.2001, "recvfrom", '4, "a"', "1", local);
  expect(said(s)).toBe("sleep: slept 5.00 s");
});

test("a name server that was asked for two addresses and gave one owes the other", () => {
  const server = { target: "udp:10.0.0.9:53", fd: 6 };
  const s = run().call(100, 0.1, 0.1001, "connect", "6, …", "0", server);
  s.call(100, 0.2, 0.2001, "sendmmsg", "6, …", "2", server);
  s.call(100, 0.3, 0.3001, "recvfrom", "6, …", "90", server);
  expect(first(timer(s, `${server.target} | pipe:[9]`)).category).toBe("dns");
  s.call(100, 0.4, 0.4001, "recvfrom", "6, …", "90", server);
  expect(said(s)).toBe("sleep: slept 5.00 s");
});

test("a stop that looks at its clock while a client is connected waits for the client", () => {
  const client = { target: "tcp:10.0.0.7:51234", fd: 7 };
  const s = new Synthetic({}).at({ started: 0, asked: 1, died: 10, ended: 10, written: 10 });
  s.process(100, 0, "app", 0, 10);
  s.call(100, 0.1, 0.2, "read", "7, …", "10", client);
  for (let i = 1; i < 10; i++)
    s.call(100, i, i + 1, "epoll_wait", "5, [], 64, 1000", TIMED_OUT, {
      target: `${client.target} | pipe:[9]`,
    });
  expect(said(s)).toBe("network: waited 9.00 s for client 10.0.0.7:51234, which was still connected");
});

const futex = (s: Synthetic, from: number, to: number, target = "") =>
  s.call(100, from, to, "futex", "0x7f00, FUTEX_WAIT_BITSET_PRIVATE, 0, {…}, ~0", FUTEX_TIMED_OUT, {
    target,
  });

test("a futex that timed out is a sleep, and nobody's doing, unless it has an owner", () => {
  const s = run().process(101, 100, "other", 0, 5.999).process(100, 100, "app", 0, 10, 102);
  futex(s, 1, 6);
  // wakes nobody
  s.call(102, 0, 3, "fsync", "3", "0", { target: "/data/x" });
  s.call(102, 3, 3.1, "futex", "0x7f00, FUTEX_WAKE_PRIVATE, 1", "0");
  s.call(102, 3.1, 9, "fsync", "3", "0", { target: "/data/x" });
  expect(said(s)).toBe("sleep: slept 5.00 s");
  expect(said(futex(run(), 1, 3))).toBe("sleep: slept 2.00 s");
  const lock = futex(run().process(100, 100, "holder", 0, 10, 103), 1, 6, "thread:103");
  expect(said(lock)).toBe("lock: waited 5.00 s for a lock held by thread 103 (holder)");
});

test("pauses of a runtime that sleeps in futexes are pauses between tries", () => {
  const s = run();
  for (let i = 0; i < 4; i++) {
    s.call(100, i, i + 0.001, "connect", "4, …", "-1 ECONNREFUSED (Connection refused)", DB);
    futex(s, i + 0.001, i + 1);
  }
  expect(said(s)).toBe(
    "sleep: tried for 4.00 s to connect to 10.0.0.1:5432 (postgresql), with 4 pauses of 1.00 s",
  );
});

test("a peer that is connected and says nothing is slow, and no connect that takes long", () => {
  const mysql = { target: "tcp:10.0.0.2:3306", fd: 4 };
  const begun = () => run().call(100, 0.1, 0.1001, "connect", "4, …", IN_PROGRESS, mysql);
  const so = "4, SOL_SOCKET, SO_ERROR, [0], [4]";
  const told: Record<string, (s: Synthetic) => Synthetic> = {
    getsockopt: (s) => s.call(100, 0.2, 0.2001, "getsockopt", so, "0", { fd: 4 }),
    poll: (s) =>
      s.call(100, 0.2, 0.2001, "poll", "[{fd=4, events=POLLOUT}], 1, 99", "1 ([{fd=4, revents=POLLOUT}])"),
    select: (s) => s.call(100, 0.2, 0.2001, "select", "5, NULL, [4], NULL, {…}", "1 (out [4], left {…})"),
    epoll: (s) =>
      s.call(100, 0.2, 0.2001, "epoll_wait", "5, [{events=EPOLLOUT, data={u32=4, u64=4}}], 64, 99", "1"),
  };
  for (const tell of Object.values(told)) {
    const s = tell(begun());
    s.call(100, 1, 6, "poll", "[{fd=4, events=POLLIN}], 1, -1", "1 ([{fd=4, revents=POLLIN}])", mysql);
    expect(said(s)).toBe("network: waited 5.00 s for 10.0.0.2:3306 (mysql)");
  }
  const blocking = begun().call(100, 1, 6, "recvfrom", "4, …", "80", mysql);
  expect(said(blocking)).toBe("network: waited 5.00 s for 10.0.0.2:3306 (mysql)");
  const room = "[{fd=4, events=POLLOUT}], 1, -1";
  const failed = "1 ([{fd=4, revents=POLLOUT|POLLERR|POLLHUP}])";
  const slow = begun()
    .call(100, 0.2, 0.2001, "poll", room, failed)
    .call(100, 1, 6, "poll", room, failed, mysql);
  expect(said(slow)).toBe("network: connect to 10.0.0.2:3306 (mysql) took 5.00 s");
});

test("calls on files wait for the disk, and of a call that is not known no peer is told", () => {
  const one = (name: string, args: string, more = {}) => first(run().call(100, 1, 6, name, args, "0", more));
  const a = { target: "/data/a", fd: 3 };
  expect(one("copy_file_range", "3, NULL, 4, NULL, 99, 0", a).text).toBe("writing a took 5.00 s");
  const s = run().call(100, 0.1, 0.1001, "openat", 'AT_FDCWD, "/data/b", O_WRONLY', "4", {
    target: "/data/b",
  });
  s.call(100, 1, 6, "copy_file_range", "3, NULL, 4, NULL, 99, 0", "99", a);
  expect(said(s)).toBe("disk: writing b took 5.00 s");
  expect(one("sendfile", "4, 3, NULL, 99", { target: "/data/b", fd: 4 }).text).toBe("writing b took 5.00 s");
  expect(one("readahead", "3, 0, 99", a).text).toBe("reading a took 5.00 s");
  expect(one("fadvise64", "3, 0, 0, POSIX_FADV_WILLNEED")).toMatchObject({ category: "disk", kind: "read" });
  for (const name of ["setxattr", "fremovexattr", "mknod", "mknodat", "lchown"])
    expect(one(name, "…", a)).toMatchObject({ category: "disk", kind: "change", target: "/data/a" });
  expect(one("getxattr", "…", a)).toMatchObject({ category: "disk", kind: "lookup", target: "/data/a" });
  const other = run().call(100, 1, 8, "keyctl", "…", "0");
  expect(said(other)).toBe("ipc: spent 7.00 s in keyctl");
  expect(analyse(other.recording).hint).toMatch(/man 2 keyctl .*\/proc\/100\/stack/);
});

const REFUSED = "-1 ECONNREFUSED (Connection refused)";

test.each([
  ["a poll that was killed", "epoll_wait", "5, 0x7ffe, 64, 9000", "?", {}],
  ["a poll that a signal ended", "poll", "NULL, 0, 9000", "-1 EINTR (Interrupted system call)", {}],
  ["a poll that lasts", "poll", "NULL, 0, 9000", "?", { unfinished: true }],
  ["a call that is resumed", "restart_syscall", "<... resuming interrupted poll ...>", "0", {}],
])("a pause between tries can be %s", (_, name, args, ret, more) => {
  const s = run().call(100, 0.1, 0.1001, "connect", "4, …", REFUSED, DB);
  expect(said(s.call(100, 1, 6, name, args, ret, more))).toBe(
    "sleep: tried for 5.00 s to connect to 10.0.0.1:5432 (postgresql), with 1 pause of 5.00 s",
  );
});

test("pauses too short to count are not told", () => {
  const s = run().at({ died: 0.0006, ended: 0.0006, written: 0.0006 });
  s.call(100, 0, 0.0001, "connect", "4, …", REFUSED, DB);
  s.call(100, 0.0001, 0.0006, "poll", "NULL, 0, 1", "?");
  expect(said(s)).toBe("sleep: tried for 0.5 ms to connect to 10.0.0.1:5432 (postgresql)");
});

test("a connect, or a look-up, in which its task was killed got no answer", () => {
  const blocking = run().call(100, 1, 6, "connect", "4, …", "?", DB);
  const no = "network: connect to 10.0.0.1:5432 (postgresql) got no answer for 5.00 s";
  expect(said(blocking)).toBe(no);
  const polled = run().call(100, 0.1, 0.1001, "connect", "4, …", IN_PROGRESS, DB);
  expect(said(polled.call(100, 1, 6, "poll", "[{fd=4, events=POLLOUT}], 1, -1", "?", DB))).toBe(no);
  const server = { target: "udp:10.0.0.9:53", fd: 6 };
  expect(said(run().call(100, 1, 6, "recvfrom", "6, …", "?", server))).toBe(
    "dns: name lookup at 10.0.0.9:53 got no answer for 5.00 s",
  );
});

test("what 32-bit programs wait in with times of 64 bits is what others wait in", () => {
  const calls = [
    ["clock_nanosleep", "CLOCK_MONOTONIC, 0, {tv_sec=5, tv_nsec=0}, NULL", "0", "sleep"],
    ["futex", "0x7f00, FUTEX_WAIT_PRIVATE, 0, {tv_sec=5, tv_nsec=0}", FUTEX_TIMED_OUT, "sleep"],
    ["futex", "0x7f00, FUTEX_WAIT_PRIVATE, 0, NULL", "0", "lock"],
    ["ppoll", "[], 0, {tv_sec=5, tv_nsec=0}, NULL, 8", TIMED_OUT, "sleep"],
    ["pselect6", "0, NULL, NULL, NULL, {tv_sec=5, tv_nsec=0}, NULL", TIMED_OUT, "sleep"],
    ["rt_sigtimedwait", "[CHLD], NULL, NULL, 8", "17", "ipc"],
    ["recvmmsg", "4, …", "1", "network"],
    ["semtimedop", "1, …", "0", "lock"],
    ["mq_timedreceive", "3, …", "8", "ipc"],
  ];
  for (const [name, args, ret, category] of calls) {
    const told = ["", "_time64"].map((more) => said(run().call(100, 1, 6, name + more, args, ret, DB)));
    expect([name, told[0]]).toEqual([name, expect.stringMatching(`^${category}: `)]);
    expect([name, told[1]]).toEqual([name, told[0]]);
  }
});

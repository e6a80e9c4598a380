import { expect, test } from "vitest";
import type { CallRow } from "../record/model.ts";
import { analyse } from "./analyse.ts";
import { Synthetic } from "./synthetic.ts";

const REFUSED = "-1 ECONNREFUSED (Connection refused)";
const MISSING = "-1 ENOENT (No such file or directory)";
const EXISTS = "-1 EEXIST (File exists)";
const DB = { target: "tcp:10.0.0.1:5432" };
const OTHER = { target: "tcp:10.0.0.2:2379" };
const NSCD = { target: "unix:/var/run/nscd/socket" };

type Step = readonly [name: string, args?: string, ret?: string, more?: Partial<CallRow>];

const pause: Step = ["clock_nanosleep", "CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=0}, NULL"];
const connect = (peer: Partial<CallRow>, ret = "0"): Step[] => [
  ["socket", "AF_INET, SOCK_STREAM, IPPROTO_IP", "3"],
  ["connect", "3, …", ret, peer],
  ["close", "3"],
];
const create = (path: string, flags = "O_WRONLY|O_CREAT", ret = "4"): Step[] => [
  ["openat", `AT_FDCWD, "${path}", ${flags}, 0666`, ret],
  ["write", '4, "x", 1', "1"],
  ["close", "4"],
];
const mkdir: Step = ["mkdir", '"/run/app", 0777', EXISTS];
const times = (n: number, steps: readonly Step[]): Step[] => Array.from({ length: n }, () => steps).flat();

/** What its sleeps are told as: pauses take a second, all else a millisecond. */
function told(...steps: readonly Step[]): string {
  const s = new Synthetic({ dir: "", service: "app" });
  s.process(100, 0, "app", 0, null);
  let at = 0;
  for (const step of steps) {
    const [name, args = "", ret = "0", more = {}] = step;
    const took = step === pause ? 1 : 0.001;
    s.call(100, at, at + took, name, args, ret, more);
    at += took;
  }
  s.at({ started: 0, died: at, ended: at, written: at });
  const sleeps = analyse(s.recording).causes.filter((c) => /^(sleep|lock)$/.test(c.category));
  return sleeps.map((c) => c.text).join("; ");
}

test("what is tried before and after a pause is retried", () => {
  expect(told(...times(4, [...connect(DB, REFUSED), pause]), ...connect(DB))).toMatch(
    /^tried for 4\.0\d s to connect to .*, with 4 pauses of 1\.00 s$/,
  );
  // a log with the time is no sign that it went on
  const log: Step[] = [
    ["newfstatat", 'AT_FDCWD, "/etc/localtime", …'],
    ...create("/var/log/app", "O_WRONLY|O_CREAT|O_APPEND"),
  ];
  const logged = told(...times(2, [...connect(DB, REFUSED), ...log, pause]), ...connect(DB), ["exit_group"]);
  expect(logged).toMatch(/^tried for 2\.0\d s/);
  // stopped in its last pause
  const steps = times(2, [...connect(DB, REFUSED), pause]);
  expect(told(...steps, ["rt_sigaction"], ["exit_group"])).toMatch(/^tried for 2\.0\d s/);
  // another server answers in each round
  const round = [...connect(OTHER), ...connect(DB, REFUSED), pause];
  expect(told(...times(3, round), ...connect(OTHER), ...connect(DB))).toMatch(/^tried for 3\.0\d s/);
});

test("a lock file is tried by way of a temporary one", () => {
  const round = (i: number): Step[] => [
    ...create(`/var/lock/.lk${i}`),
    ["link", `"/var/lock/.lk${i}", "/var/lock/app"`, EXISTS],
    ["unlink", `"/var/lock/.lk${i}"`],
    pause,
  ];
  const locked: Step = ["openat", 'AT_FDCWD, "/var/lock/app", O_WRONLY|O_CREAT|O_EXCL, 0666', EXISTS];
  expect(told(...times(2, [locked, pause]), locked)).toMatch(/^tried for 2\.00 s to create \/var\/lock\/app/);
  expect(told(...round(1), ...round(1), ...round(1))).toMatch(/^tried for 3\.0\d s to create/);
});

test("two tries in a row that fail are no retrying", () => {
  // as glibc asks nscd at each first look-up
  const asked = times(2, connect(NSCD, MISSING));
  expect(told(...asked, pause, ["exit_group"])).toBe("slept 1.00 s");
  expect(told(...asked, ["openat", '…, "/etc/passwd", O_RDONLY', "3"], pause, ["getpid"])).toBe(
    "slept 1.00 s",
  );
  const log = times(2, connect({ target: "unix:/dev/log" }, MISSING));
  expect(told(...log, pause, ["exit_group"])).toBe("slept 1.00 s");
  expect(told(...times(2, connect(DB, REFUSED)), pause, ["getpid"])).toBe("slept 1.00 s");
});

test("who got on with something else does not wait for what failed", () => {
  const serves: Step[] = [["bind", "5, …"], ["listen", "5, 5"], ...connect(OTHER), ...create("/run/pid")];
  expect(told(...times(2, connect(DB, REFUSED)), ...serves, pause, ["getpid"])).toBe("slept 1.00 s");
  expect(told(...connect(DB, REFUSED), ...serves, pause, ...connect(DB, REFUSED))).toBe("slept 1.00 s");
  expect(told(...connect(DB, REFUSED), pause, ...serves, ...connect(DB, REFUSED))).toBe("slept 1.00 s");
});

test("a directory that is there is what was wanted", () => {
  const look: Step = ["stat", '"/run/app", {…}'];
  expect(told(mkdir, look, mkdir, look, pause, ["exit_group"])).toBe("slept 1.00 s");
  const round = [mkdir, look, ...create("/run/app/x"), pause];
  expect(told(...times(4, round))).toBe("slept 4.00 s in 4 sleeps of 1.00 s on average");
  expect(told(...times(4, [...create("/run/app/x"), mkdir, pause]))).toMatch(/^slept 4\.00 s/);
  // a lock
  expect(told(...times(3, [mkdir, pause]), mkdir)).toBe(
    "tried for 3.00 s to create /run/app, which exists, with 3 pauses of 1.00 s",
  );
});

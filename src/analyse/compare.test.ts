import { expect, test } from "vitest";
import { compare, lasting, medianProfile, profile } from "./compare.ts";
import { history } from "./history.ts";
import { beginning } from "./phases.ts";
import { Synthetic } from "./synthetic.ts";

/** A lifetime that is asked to stop at `at`, is dead after `stop` s, and its successor, ready after `start` s. */
function restart(at: number, stop: number, start: number, fill?: (s: Synthetic, from: number) => void) {
  const before = new Synthetic({ asked_by: "svc -t", next: "b" }).at({
    started: at - 50,
    ready: at - 49,
    asked: at,
  });
  before.at({ died: at + stop, ended: at + stop, written: at + stop });
  before.process(100, 0, "web", at - 50, at + stop);
  before.call(100, at - 1, at + stop, "epoll_wait", "3", "0");
  const from = at + stop + 0.01;
  const after = new Synthetic({ pid: 200, previous: "a" }).at({
    started: from,
    ready: from + start,
    written: from + 60,
  });
  after.process(200, 1, "web", from, null);
  if (fill) fill(after, from);
  else after.call(200, from, from + start, "connect", "3", "0", { target: "tcp:10.0.0.1:5432" });
  after.event(from + start, "ready", 200, "listen:tcp:0.0.0.0:80");
  return { before: before.recording, after: after.recording };
}

const profileOf = (r: ReturnType<typeof restart>) => profile(r.after, r.before);

test("what grew, what is new, what multiplied", () => {
  const usual = restart(100, 0.5, 1);
  const slow = restart(1000, 0.5, 4, (s, from) => {
    s.call(200, from, from + 1, "connect", "3", "0", { target: "tcp:10.0.0.1:5432" });
    for (let i = 0; i < 100; i++) {
      s.call(
        200,
        from + 1 + i * 0.001,
        from + 1 + (i + 0.9) * 0.001,
        "openat",
        '"/x"',
        "-1 ENOENT (No such file)",
      );
    }
    s.call(200, from + 1.1, from + 4, "flock", "4, LOCK_EX", "0", { target: "/run/web.lock" });
  });
  const found = compare(profileOf(usual), profileOf(slow));
  expect(found.total.after - found.total.before).toBeCloseTo(3, 3);
  expect(found.phases.map((p) => p.name)).toEqual(["stopping", "respawn delay", "starting"]);
  expect(found.phases[2].after - found.phases[2].before).toBeCloseTo(3, 3);
  expect(found.waits[0]).toMatchObject({ syscall: "flock", target: "/run/web.lock", before: 0 });
  expect(found.waits[0].after).toBeCloseTo(2.9, 2);
  expect(found.calls).toEqual([
    { comm: "web", name: "openat", before: 0, after: 100, failedBefore: 0, failedAfter: 100 },
  ]);
  const same = compare(profileOf(usual), profileOf(restart(500, 0.5, 1)));
  expect([same.waits, same.calls]).toEqual([[], []]);
});

test("the median of several restarts forgets what one of them had", () => {
  const many = [restart(100, 0.5, 1), restart(300, 0.5, 1), restart(500, 9, 1), restart(700, 0.4, 1.1)];
  const usual = medianProfile(many.map(profileOf));
  expect(usual.phases.get("stopping")).toBeCloseTo(0.5, 3);
  expect(usual.total).toBeCloseTo(1.51, 2);
});

test("an older lifetime is looked at up to its end", () => {
  const { before } = restart(100, 0.5, 1);
  expect(beginning(before).lifetime).toMatchObject({ asked: null, died: null, ended: 100e9 });
  expect(before.lifetime.asked).toBe(100e9);
});

test("what differs from run to run is no difference", () => {
  expect(lasting("pipe:[4711]")).toBe(lasting("pipe:[12]"));
  expect(lasting("/tmp/tmpA8b3xq/sock")).toBe(lasting("/tmp/tmpZ7c9qq/sock"));
  // as of one whose owner was not seen
  expect(lasting("thread:4711")).toBe("");
  expect(lasting("tcp:127.0.0.1:54321")).toBe(lasting("tcp:127.0.0.1:48000"));
  expect(lasting("tcp:127.0.0.1:5432")).toBe("tcp:127.0.0.1:5432");
  expect(lasting("tcp:10.0.0.1:54321")).toBe("tcp:10.0.0.1:54321");
  expect(lasting("/srv/data1/x")).toBe("/srv/data1/x");
});

/** Lifetimes one after the other; each stops in 0.5 s and starts in the given time. */
function lifetimes(starts: readonly number[]) {
  let at = 0;
  return starts.map((start, i) => {
    const s = new Synthetic({ pid: 100 + i, asked_by: "svc -t" });
    const from = at;
    at += start + 100;
    const last = i === starts.length - 1;
    s.at({ started: from, ready: from + start, written: at + 0.5 });
    if (!last) s.at({ asked: at, died: at + 0.5, ended: at + 0.5 });
    s.recording.lifetime.previous = i === 0 ? null : `@${i - 1}`;
    s.recording.lifetime.next = last ? null : `@${i + 1}`;
    at += 0.5;
    return { ...s.recording, name: `@${i}` };
  });
}

test("history: durations, trend, what stands out", () => {
  const steady = history(lifetimes([1, 1.02, 0.98, 1, 6, 1.01, 1]));
  expect(steady.rows.map((r) => r.kind)).toEqual(["start", ...Array(6).fill("restart")]);
  expect(steady.rows[1].phases.map((p) => [p.name, Number(p.seconds.toFixed(2))])).toEqual([
    ["stopping", 0.5],
    ["starting", 1.02],
  ]);
  expect(steady.rows.filter((r) => r.outlier !== undefined).map((r) => r.recording)).toEqual(["@4"]);
  expect(steady.trend).toMatchObject({ count: 6, direction: "steady" });
  expect(history(lifetimes([1, 1, 1.1, 1.3, 1.6, 2, 2.6, 3])).trend?.direction).toBe("slower");
  expect(history(lifetimes([1, 1])).trend).toBeUndefined();
});

test("a recording that cannot be read leaves no restart to explain, and no stop", () => {
  const all = lifetimes([1, 1, 1]);
  const rows = (some: typeof all) =>
    history(some).rows.map((r) => [r.recording, r.kind, Number(r.total.toFixed(2))]);
  expect(rows([all[0], all[2]])).toEqual([
    ["@0", "start", 1],
    ["@2", "start", 1],
  ]);
  // put down at its end: what came of that is not known
  const put = { ...all[0], lifetime: { ...all[0].lifetime, asked_by: "svc -d", next: null } };
  expect(rows([put, all[2]]).map(([, kind]) => kind)).toEqual(["start", "start"]);
});

test("a service that has been stopped: its start and its stop", () => {
  const all = lifetimes([1, 1]);
  const { lifetime } = all[1];
  lifetime.asked = lifetime.written;
  lifetime.died = lifetime.ended = lifetime.written + 2e9;
  expect(history(all).rows.map((r) => [r.kind, Number(r.total.toFixed(2))])).toEqual([
    ["start", 1],
    ["restart", 1.5],
    ["stop", 2],
  ]);
});

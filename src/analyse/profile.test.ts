import { expect, test } from "vitest";
import { analyse } from "./analyse.ts";
import { functionsOf } from "./profile.ts";
import { Synthetic } from "./synthetic.ts";
import { Timeline } from "./timeline.ts";

const frame = (name: string, module = "/usr/lib/libfoo.so.1") => ({ function: name, module, address: 1 });

/** A process that computes from 0 to 3 s, with `stacks` seen in turn, 99 a second. */
function computing(stacks: ReturnType<typeof frame>[][], seconds = 3): Synthetic {
  const r = new Synthetic({ dir: "", service: "job", engine: "bpf" });
  r.at({ started: 0, died: seconds, ended: seconds, written: seconds }).process(100, 0, "job", 0, seconds);
  r.call(100, 0, 0.001, "openat", 'AT_FDCWD, "/etc/job"', "3", { target: "/etc/job" });
  Object.assign(r.recording, { stacks: new Map(stacks.entries()) });
  for (let i = 0; i < seconds * 99; i++)
    r.recording.samples.push({ ts: 2e6 + i * 10e6, tid: 100, stack: i % stacks.length });
  return r;
}

test("a function that most samples are in is named with its share and library", () => {
  const main = frame("main", "/usr/bin/job");
  const parse = [frame("json_parse"), main];
  const r = computing([parse, parse, parse, [frame("hash", "/usr/bin/job"), main]]);
  const [cause] = analyse(r.recording).causes;
  expect(cause.category).toBe("cpu");
  expect(cause.text).toBe("computed for 3.00 s: 75 % in json_parse (libfoo.so.1), 25 % in hash (job)");
});

test("where none stands out, the innermost that has most below it is named", () => {
  const stacks = Array.from({ length: 12 }, (_, i) => [
    frame(`leaf${i}`),
    frame("load_rules", "/usr/bin/job"),
    frame("main", "/usr/bin/job"),
  ]);
  expect(analyse(computing(stacks).recording).causes[0].text).toMatch(
    /: 100 % in and below load_rules \(job\)$/,
  );
});

test("recursion counts once, kernel functions are called so, unknown code is left out", () => {
  const recursive = [frame("walk"), frame("walk"), frame("walk")];
  const r = computing([recursive, [frame("clear_page", "[kernel]"), frame("walk")], [frame("", "[jit]")]]);
  const timeline = new Timeline(r.recording);
  const segment = {
    from: 0,
    to: 3e9,
    category: "cpu",
    tid: 100,
    pid: 100,
    target: "",
    via: [],
    kind: "",
  } as const;
  expect(functionsOf(timeline, [segment])).toEqual([
    { name: "walk (libfoo.so.1)", share: expect.closeTo(1 / 3, 2), inclusive: false },
    { name: "clear_page (kernel)", share: expect.closeTo(1 / 3, 2), inclusive: false },
  ]);
});

test("a few samples say nothing, and neither do those of other threads and times", () => {
  const few = computing([[frame("f")]], 0.15);
  expect(analyse(few.recording).causes[0].text).toBe("computed for 0.15 s");
  const r = computing([[frame("f")]]);
  const timeline = new Timeline(r.recording);
  const common = { category: "cpu", pid: 100, target: "", via: [], kind: "" } as const;
  expect(functionsOf(timeline, [{ ...common, tid: 101, from: 0, to: 3e9 }])).toEqual([]);
  expect(functionsOf(timeline, [{ ...common, tid: 100, from: 3e9, to: 6e9 }])).toEqual([]);
});

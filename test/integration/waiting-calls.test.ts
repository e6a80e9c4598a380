/** What calls that wait say of their outcome, beside strace: who is ready, what is left of the time. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { differencesAfter, some, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const [POLL, SELECT, NANOSLEEP, CLOCK_NANOSLEEP, PSELECT6, PPOLL, RECVMMSG] = [7, 23, 35, 230, 270, 271, 299];
const TIMER_ABSTIME = 1;
const ready = [{ result: 1 }, { result: 40 }, {}, { error: 4 }];
const options = [[], ["-y"], ["-v", "-X", "verbose"], ["-e", "verbose=none"]];

const pollfds = (count: number, revents: (i: number) => number) => {
  const bytes = struct();
  for (let i = 0; i < count; i++) bytes.u32([1, 4, -5, 1000][i % 4]).u16(1, revents(i));
  return bytes.done();
};

test(...needs("who is ready after poll and ppoll", peers), () => {
  const script = new Script();
  const timeout = script.at(struct().u64(4, 5).done());
  const lists = [() => 1, (i: number) => (i % 3 === 0 ? 0 : 4), (i: number) => (i % 2 === 0 ? 0x800 : 0x19)];
  const fds = lists.map((revents) => script.at(pollfds(60, revents)));
  const end =
    script.at(
      pollfds(512, () => 1),
      4096,
    ) + 4096;
  for (const at of [...fds, end - 12, 0, 1])
    for (const n of [0, 1, 3, 60]) {
      script.call(POLL, at, n, 9);
      for (const t of [timeout, 0, 1, end - 8]) script.call(PPOLL, at, n, t, 0, 8);
    }
  expect(some(differencesAfter(script, ready, options))).toEqual([]);
});

test(...needs("who is ready after select and pselect6", peers), () => {
  const script = new Script();
  const timeout = script.at(struct().u64(4, 5).done());
  const zero = script.at(new Uint8Array(256));
  const set = script.at(Buffer.alloc(128, 0x5a));
  for (const n of [0, 1, 64, 1024, -1])
    for (const t of [timeout, 0, 1]) {
      script.call(SELECT, n, set, zero, 0, t);
      script.call(SELECT, n, 0x1000, set, 0, t);
      script.call(SELECT, n, 0, 0, 0, t);
      script.call(PSELECT6, n, set, 0, set, t, 0);
      script.call(PSELECT6, n, zero, zero, zero, t, 0);
    }
  // more than are there are not ready, or strace's brackets do not match
  const outcomes = ready.map((o) => (o.result === 40 ? { result: 2 } : o));
  expect(some(differencesAfter(script, outcomes, options))).toEqual([]);
});

test(...needs("what is left of recvmmsg's timeout", peers), () => {
  const script = new Script();
  const timeout = script.at(struct().u64(4, 5).done());
  const messages = script.at(new Uint8Array(128));
  for (const t of [timeout, 0, 1]) {
    script.call(RECVMMSG, -1, messages, 2, 0, t);
    script.call(RECVMMSG, -1, messages, 0, 0, t);
    script.call(RECVMMSG, -1, 0, 2, 0, t);
  }
  expect(some(differencesAfter(script, [{ result: 1 }, {}, { error: 4 }], options))).toEqual([]);
});

test(...needs("what is left of a sleep", peers), () => {
  const script = new Script();
  const time = script.at(struct().u64(4, 5).done());
  for (const rest of [time, 0, 1]) {
    script.call(NANOSLEEP, time, rest);
    for (const flags of [0, TIMER_ABSTIME]) script.call(CLOCK_NANOSLEEP, 0, flags, time, rest);
  }
  const outcomes = [4, 22, 512, 513, 514, 516].map((error) => ({ error }));
  expect(some(differencesAfter(script, outcomes, [[], ["-e", "verbose=none"]]))).toEqual([]);
});

/** What calls say of signals that are sent, waited for or asked for, beside strace. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { differencesAfter, recognisable, some, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const [RT_SIGQUEUEINFO, TIMER_CREATE, MQ_NOTIFY] = [129, 222, 244];
const failing = [{ error: 22 }];
const options = [[], ["-y"], ["-X", "raw"], ["-X", "verbose"]];
const [SIGUSR1, SIGCHLD, SIGSYS] = [10, 17, 31];

const siginfo = (signo: number, code: number, members: Uint8Array, errno = 0) =>
  struct().u32(signo, errno, code, 0).raw(members).pad(128).done();

function infos(script: Script, all: readonly Uint8Array[]): void {
  for (const info of all) script.call(RT_SIGQUEUEINFO, 1, 10, script.at(info));
}

test(...needs("members of siginfo_t by signal and code", peers), () => {
  const script = new Script();
  const contents = [
    Buffer.alloc(8),
    struct().u32(5, 1000).done(),
    struct().u32(0, 0, 7).done(),
    struct().u32(5, -1, 7).done(),
    struct().u32(5, 1000, 0, 9).done(),
    recognisable(80),
  ];
  const codes = [
    0, 1, 2, 3, 4, 5, 6, 7, 9, 0x80, 99, 0x10001, -1, -2, -3, -4, -5, -6, -7, -8, -60, -0x80000000,
  ];
  for (const signo of [1, 4, 5, 7, 8, 11, SIGCHLD, 29, 34, 64, 65, -1])
    for (const code of codes)
      infos(
        script,
        contents.map((c) => siginfo(signo, code, c)),
      );
  const numbers = [1, 2, 133, 134, 4095, -1, 0x7fffffff];
  infos(
    script,
    numbers.map((errno) => siginfo(SIGUSR1, 0, contents[1], errno)),
  );
  expect(some(differencesAfter(script, failing, options))).toEqual([]);
});

test(...needs("the status and the times of a child", peers), () => {
  const script = new Script();
  for (const status of [0, 9, 34, 65, 256, -1])
    for (const ticks of [0, 150, -3, 2n ** 53n + 1n]) {
      const members = struct().u32(1, 1000, status, 0).u64(ticks, 100).done();
      infos(
        script,
        [1, 2, 4, 6, 9].map((code) => siginfo(SIGCHLD, code, members)),
      );
    }
  expect(some(differencesAfter(script, failing, options))).toEqual([]);
});

test(...needs("the call and the architecture of a SIGSYS", peers), () => {
  const script = new Script();
  const [x86_64, i386, aarch64] = [0xc000003e, 0x40000003, 0xc00000b7];
  const x32 = 0x40000000;
  const calls = [0, 11, 59, 102, 500, 9999, -1, x32 + 1, x32 + 59, x32 + 520];
  const arches = [x86_64, i386, aarch64, 0x40000028, 0x8000002b, 0, 0x7fffffff];
  for (const nr of calls)
    infos(
      script,
      arches.map((arch) => siginfo(SIGSYS, 1, struct().u64(0x1234).u32(nr, arch).done())),
    );
  expect(some(differencesAfter(script, failing, options))).toEqual([]);
});

test(...needs("how a timer or a queue is to notify", peers), () => {
  const script = new Script();
  for (const notify of [0, 1, 2, 3, 4, 5, 99])
    for (const signo of [0, 1, 34, 64, 65, -1]) {
      const event = script.at(struct().u64(7).u32(signo, notify, 5, 0).u64(6).pad(64).done());
      script.call(TIMER_CREATE, 0, event, 0);
      script.call(MQ_NOTIFY, 3, event);
    }
  expect(some(differencesAfter(script, failing, options))).toEqual([]);
});

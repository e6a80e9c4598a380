import { expect, test } from "vitest";
import { Call } from "../capture/event.ts";
import { CallInfo } from "./call-info.ts";
import { mayBeStarting } from "./ready.ts";

/** What recording knows of a call by its name alone. */
function known(name: string): object {
  const call = Object.assign(new Call(), { name });
  const { idle, futex, set, clients } = new CallInfo(call, 0);
  return { idle, futex, set, clients, starting: mayBeStarting(name, "") };
}

test("calls with times of 64 bits are known as those without", () => {
  const names = [
    "futex",
    "ppoll",
    "pselect6",
    "clock_nanosleep",
    "rt_sigtimedwait",
    "recvmmsg",
    "semtimedop",
  ];
  for (const name of names) expect([name, known(`${name}_time64`)]).toEqual([name, known(name)]);
  expect(known("futex")).toMatchObject({ idle: true, futex: true });
  expect(known("ppoll")).toMatchObject({ idle: true, set: true, clients: true });
});

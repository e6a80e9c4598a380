import { describe, expect, it } from "vitest";
import { classify, deathSignal, dumpedCore, exitStatus, Stop, stopEvent, stopSignal } from "./stops.ts";

const stopped = (signo: number, event = 0): number => (event << 16) | (signo << 8) | 0x7f;
const SIGTRAP = 5;

describe("wait statuses", () => {
  it.each([
    ["exit(0)", 0, Stop.exited],
    ["exit(255)", 0xff00, Stop.exited],
    ["killed by SIGKILL", 9, Stop.killed],
    ["killed by SIGSEGV with a core", 11 | 0x80, Stop.killed],
    ["system call", stopped(SIGTRAP | 0x80), Stop.syscall],
    ["SIGTERM on its way", stopped(15), Stop.signal],
    ["a SIGTRAP of the task's own", stopped(SIGTRAP), Stop.signal],
    ["a real-time signal", stopped(64), Stop.signal],
    ["fork", stopped(SIGTRAP, 1), Stop.child],
    ["vfork", stopped(SIGTRAP, 2), Stop.child],
    ["clone", stopped(SIGTRAP, 3), Stop.child],
    ["exec", stopped(SIGTRAP, 4), Stop.exec],
    ["vfork done", stopped(SIGTRAP, 5), Stop.other],
    ["seccomp", stopped(SIGTRAP, 7), Stop.seccomp],
    ["interrupted, or new", stopped(SIGTRAP, 128), Stop.interrupt],
    ["group-stop by SIGSTOP", stopped(19, 128), Stop.group],
    ["group-stop by SIGTTIN", stopped(21, 128), Stop.group],
    ["an event of a kernel to come", stopped(SIGTRAP, 9), Stop.other],
  ])("%s", (_name, status, expected) => {
    expect(classify(status)).toBe(expected);
  });

  it("carry what comes with them", () => {
    expect(exitStatus(0x0300)).toBe(3);
    expect([deathSignal(11 | 0x80), dumpedCore(11 | 0x80), dumpedCore(9)]).toEqual([11, true, false]);
    expect([stopSignal(stopped(20, 128)), stopEvent(stopped(20, 128))]).toEqual([20, 128]);
    // the mark of a system call stop is not part of the signal
    expect(stopSignal(stopped(SIGTRAP | 0x80))).toBe(SIGTRAP);
  });
});

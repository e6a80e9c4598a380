import { expect, test } from "vitest";
import { keepStatuses, onEnd, reap } from "./children.ts";
import { ChildScript } from "./spawn.ts";
import { endSignal, exitCode } from "./wait.ts";

const startShell = (script: string): number =>
  new ChildScript().execve("/bin/sh", ["sh", "-c", script]).spawn().pid;

/** Until this one has ended, and with it whoever ended before. */
const end = (script: string) =>
  new Promise<number>((ended) => {
    onEnd(startShell(script), ended);
  });

test("how a child ended that was reaped along with others is known while it is kept", async () => {
  const forget = keepStatuses();
  const [seven, killed] = [startShell("exit 7"), startShell("kill -9 $$")];
  expect(exitCode(await end("sleep 0.2; exit 3"))).toBe(3);
  expect(exitCode(reap(seven)!)).toBe(7);
  expect(endSignal(reap(killed)!)).toBe(9);
  forget();
  expect(reap(seven)).toBe(null);
});

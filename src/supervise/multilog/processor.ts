/** `!processor`: what turns `previous` into `processed`, with a state of its own from one time to the next. */
import { chmodSync, closeSync, fsyncSync, openSync } from "node:fs";
import { ChildScript } from "../../kernel/spawn.ts";
import { waitForEnd } from "../../kernel/wait.ts";

const STATE_FD = 4;
const NEWSTATE_FD = 5;
/** Descriptors that are in nobody's way while the four find their places. */
const ASIDE = 100;
const MODE_DONE = 0o744;

/** Runs the processor in `dir`; false if it failed. Throws when it cannot be started. */
export function runProcessor(dir: string, command: string): boolean {
  const fds = [
    openSync(`${dir}/previous`, "r"),
    openSync(`${dir}/processed`, "w", 0o644),
    openSync(`${dir}/state`, "a+", 0o644),
    openSync(`${dir}/newstate`, "w", 0o644),
  ];
  const [, processed, , newstate] = fds;
  try {
    const script = new ChildScript().inherit([2]).chdir(dir);
    for (const [i, fd] of fds.entries()) script.dup2(fd, ASIDE + i);
    for (const [i, target] of [0, 1, STATE_FD, NEWSTATE_FD].entries()) script.dup2(ASIDE + i, target);
    script.close(3).closeFrom(NEWSTATE_FD + 1);
    const child = script.execve("/bin/sh", ["sh", "-c", command]).spawn();
    if (waitForEnd(child.pid) !== 0) return false;
    fsyncSync(processed);
    fsyncSync(newstate);
    chmodSync(`${dir}/processed`, MODE_DONE);
    return true;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

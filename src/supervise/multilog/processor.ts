/** `!processor`: what turns `previous` into `processed`, with a state of its own from one time to the next. */
import { closeSync, openSync } from "node:fs";
import { bytesOf } from "../../base/bytes.ts";
import { ChildScript } from "../../kernel/spawn.ts";

const STATE_FD = 4;
const NEWSTATE_FD = 5;
/** Descriptors that are in nobody's way while the four find their places. */
const ASIDE = 100;

/** Starts the processor in `dir`, if asked to in a process group of its own; its pid. Throws when it cannot be started. */
export function startProcessor(dir: string, command: string, group = false): number {
  const fds: number[] = [];
  const open = (name: string, flags: string) => fds.push(openSync(`${dir}/${name}`, flags, 0o644));
  try {
    open("previous", "r");
    open("processed", "w");
    open("state", "r");
    open("newstate", "w");
    const script = new ChildScript().inherit([2]).chdir(dir);
    if (group) script.setpgid(0);
    for (const [i, fd] of fds.entries()) script.dup2(fd, ASIDE + i);
    for (const [i, target] of [0, 1, STATE_FD, NEWSTATE_FD].entries()) script.dup2(ASIDE + i, target);
    script.close(3).closeFrom(NEWSTATE_FD + 1);
    return script.execve("/bin/sh", ["sh", "-c", bytesOf(command)]).spawn().pid;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

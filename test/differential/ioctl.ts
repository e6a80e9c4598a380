/** Commands of ioctl(2) with structs that can be recognised. */
import { ioctlNumbers } from "../../src/abi/ioctls.ts";
import type { Script } from "./calls.ts";
import { recognisable } from "./structs.ts";

export const IOCTL = 16;
export const numbers = ioctlNumbers();

/** What a command is given: its own structs, besides NULL, no memory at all and the last bytes of it. */
type Structs = (script: Script) => readonly (Buffer | number)[];

/** Makes each command with each of its structs, and with pointers that lead nowhere. */
export function family(script: Script, commands: string | readonly number[], structs: Structs): void {
  const given = structs(script).map((s) => (typeof s === "number" ? s : script.at(s)));
  const list = typeof commands === "string" ? commands.trim().split(/\s+/) : commands;
  const page = script.at(recognisable(4096), 4096);
  for (const name of list) {
    const cmd = typeof name === "number" ? name : numbers.get(name);
    if (cmd === undefined) throw new Error(`no command is called ${name}`);
    for (const p of [...given, page, page + 4096 - 12, 0, 3]) script.call(IOCTL, -1, cmd, p);
  }
}

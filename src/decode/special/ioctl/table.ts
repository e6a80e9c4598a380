/** Every command whose argument is decoded, by its number. */
import { ioctlNumbers } from "../../../abi/ioctls.ts";
import { clocks } from "./clocks.ts";
import type { Command } from "./command.ts";
import { console } from "./console.ts";
import { devices } from "./devices.ts";
import { events } from "./events.ts";
import { files } from "./files.ts";
import { letter, number } from "./names.ts";
import { network } from "./network.ts";
import { namedBySize } from "./sized.ts";
import { storage } from "./storage.ts";
import { terminal } from "./terminal.ts";

let byNumber: ReadonlyMap<number, Command> | undefined;

/** What a command takes; undefined when nothing is known but the argument's value. */
export function commandOf(cmd: number): Command | undefined {
  byNumber ??= build();
  return byNumber.get(cmd >>> 0) ?? namedBySize(cmd, letter(cmd), number(cmd));
}

function build(): ReadonlyMap<number, Command> {
  const numbers = ioctlNumbers();
  const table = new Map<number, Command>();
  for (const family of [terminal, storage, files, network, clocks, console, events, devices]) {
    for (const [name, command] of Object.entries(family)) {
      const cmd = numbers.get(name);
      if (cmd === undefined) throw new Error(`no ioctl command is called ${name}`);
      table.set(cmd, command);
    }
  }
  return table;
}

/** Every command whose argument is decoded, by its number. */
import { ioctlNames, ioctlNumbers } from "../../../abi/ioctls.ts";
import type { Context } from "../../context.ts";
import { btrfs } from "./btrfs.ts";
import { clocks } from "./clocks.ts";
import type { Command } from "./command.ts";
import { console } from "./console.ts";
import { enclaves } from "./enclaves.ts";
import { events } from "./events.ts";
import { files } from "./files.ts";
import { flash } from "./flash.ts";
import { input, inputCommand } from "./input.ts";
import { machines } from "./machines.ts";
import { mapper } from "./mapper.ts";
import { letter, number } from "./names.ts";
import { network } from "./network.ts";
import { pins } from "./pins.ts";
import { namedBySize } from "./sized.ts";
import { storage } from "./storage.ts";
import { terminal } from "./terminal.ts";
import { created, video } from "./video.ts";

let byNumber: ReadonlyMap<number, Command> | undefined;

/** What a command takes; undefined when nothing is known but the argument's value. */
export function commandOf(cmd: number): Command | undefined {
  byNumber ??= build();
  const known = byNumber.get(cmd >>> 0) ?? namedBySize(cmd, letter(cmd), number(cmd));
  return known ?? (letter(cmd) === "E" ? inputCommand(cmd) : undefined);
}

function build(): ReadonlyMap<number, Command> {
  const numbers = ioctlNumbers();
  const table = new Map<number, Command>();
  for (const family of [
    terminal,
    storage,
    files,
    network,
    clocks,
    console,
    events,
    input,
    mapper,
    video,
    machines,
    pins,
    enclaves,
    flash,
    btrfs,
  ]) {
    for (const [name, command] of Object.entries(family)) {
      const cmd = numbers.get(name);
      if (cmd === undefined) throw new Error(`no ioctl command is called ${name}`);
      table.set(cmd, command);
    }
  }
  return table;
}

/** Prints what is said of a call's result, where a command has something to say. */
export function resultOf(c: Context, cmd: number): void {
  if (ioctlNames(cmd).includes("VIDIOC_CREATE_BUFS")) created(c);
}

/** ioctl(2): the command's name, and its argument as the table of commands says. */

import type { Type } from "../../../syscalls/types/types.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { follow } from "../../pointers.ts";
import type { StructWalker } from "../../structs.ts";
import { registerAux, registerCall } from "../../walker.ts";
import { commandText } from "./names.ts";
import { commandOf, resultOf } from "./table.ts";
import "./values.ts";
import type { Command, StructType } from "./command.ts";

const structOf = (type: StructType): StructWalker => compile(type) as StructWalker;

/** Types of commands (PTP clocks, video) that strace shows as numbers where -e verbose= does not name ioctl. */
const numberTypes: ReadonlySet<number> = new Set([0x3d, 0x56]);

function commandFor(c: Context, cmd: number): Command | undefined {
  const unfollowed = numberTypes.has((cmd >>> 8) & 0xff) && !c.options.dereference(c.call.name);
  return unfollowed ? undefined : commandOf(cmd);
}

/** Types of commands whose arguments are pointers, even if nothing is known of what they lead to. */
const pointerTypes: ReadonlySet<number> = new Set([0x45, 0x89]);

/** SIOCPROTOPRIVATE and SIOCDEVPRIVATE, the first of those whose meaning a driver alone knows. */
const privateCommands: ReadonlySet<number> = new Set([0x89e0, 0x89f0]);

registerCall("ioctl", {
  enter(c) {
    const { sink } = c;
    const cmd = c.argLo(1);
    c.names = ["fd", "op", "argp"];
    sink.arg("fd");
    c.fd(c.argLo(0) | 0);
    sink.arg("op");
    sink.xlat(cmd, 0, commandText(cmd, c.options.xlat !== "verbose"), "", "hex");
    if (input(c, cmd)) return true;
    // what was printed of the argument goes on at exit
    if (commandFor(c, cmd)?.kind !== "out") sink.comma?.(false);
    return false;
  },
  exit(c) {
    output(c, c.argLo(1));
  },
});

registerAux("ioctl_result", (c) => resultOf(c, c.argLo(1)));

/** True when nothing remains for the exit. */
function input(c: Context, cmd: number): boolean {
  const lo = c.argLo(2);
  const hi = c.argHi(2);
  const command = commandFor(c, cmd);
  if (command?.kind === "none") return true;
  if (command?.kind === "out") return false;
  if (command?.kind === "own") return command.enter(c);
  c.sink.arg("argp");
  if (!command) {
    if (pointerTypes.has((cmd >>> 8) & 0xff) && !privateCommands.has(cmd)) c.sink.addr(lo, hi);
    else c.sink.hex(lo, hi);
    return true;
  }
  if (command.kind === "in") {
    compile(command.type).value(c, lo, hi);
    return true;
  }
  if (command.kind === "both") {
    compile(command.before).value(c, lo, hi);
    return !command.always && !readable(c, lo, hi, command.before);
  }
  const before = structOf(command.before);
  const at = lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, before.size(c));
  if (at < 0) {
    c.sink.addr(lo, hi);
    return true;
  }
  c.sink.openStruct();
  before.fields(c, at);
  return false;
}

function output(c: Context, cmd: number): void {
  const { sink } = c;
  const lo = c.argLo(2);
  const hi = c.argHi(2);
  const command = commandFor(c, cmd);
  if (command?.kind === "own") command.exit(c);
  else if (command?.kind === "out") {
    sink.arg("argp");
    compile(command.type).value(c, lo, hi);
  } else if (command?.kind === "both" && (!c.failed || command.address)) {
    sink.becomes();
    compile(command.after).value(c, lo, hi);
  } else if (command?.kind === "grown") {
    const after = structOf(command.after);
    const at = follow(c, lo, hi, after.size(c));
    sink.comma?.(Object.keys(command.before.fields).length > 0);
    if (at >= 0) after.fields(c, at);
    sink.closeStruct();
  }
}

const readable = (c: Context, lo: number, hi: number, type: Type): boolean =>
  (lo !== 0 || hi !== 0) && follow(c, lo, hi, type.kind === "pointer" ? compile(type.to).size(c) : 1) >= 0;

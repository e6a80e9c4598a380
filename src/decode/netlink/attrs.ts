/** Netlink attributes (struct nlattr, linux/netlink.h) and the lists they come in. */
import type { FlagSet } from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName } from "../flags.ts";

/** What an attribute's meaning may depend on: facts of the message around it. */
export interface Scope {
  /** Address family of the message. */
  family: number;
  /** ARPHRD_* of the link a message is about; -1 where there is none. */
  hardware: number;
  /** Kind of the link (IFLA_INFO_KIND) seen so far. */
  kind: string;
}

/**
 * Prints the `length` (> 0) bytes at the arena offset `at`. False when they cannot be what was expected, having
 * printed nothing: they are then shown as bytes.
 */
export type Value = (c: Context, at: number, length: number, scope: Scope) => boolean;

/** The attributes of one level: their names, and what those that are not just bytes hold. */
export interface Table {
  readonly set: FlagSet;
  readonly values: Readonly<Record<string, Value>>;
  /** What attributes hold that `values` does not name. */
  readonly others?: Value;
}

const HEADER = 4;
const typeFlags = [
  [0x8000, "NLA_F_NESTED"],
  [0x4000, "NLA_F_NET_BYTEORDER"],
] as const;
const TYPE_MASK = 0x3fff;
/** Levels of nesting followed: as many as any kernel message has, and an end to a hostile one. */
const DEEPEST = 16;
let depth = 0;

/** Rounds up to the alignment of netlink, 4 bytes. */
export const align = (n: number): number => Math.ceil(n / 4) * 4;

/** Bytes in quotes, all in hexadecimal, at most -s of them. */
export const hexString = (c: Context, at: number, length: number): void =>
  c.sink.word(hexText(c, at, length));
export function hexText(c: Context, at: number, length: number): string {
  const shown = Math.min(length, c.options.stringLimit);
  let text = "";
  for (let i = 0; i < shown; i++) text += `\\x${c.memory.bytes[at + i].toString(16).padStart(2, "0")}`;
  return `"${text}"${shown < length ? "..." : ""}`;
}

/**
 * Prints records that begin with their own length, in brackets if there is more than one: `step` says how long the
 * one at an offset claims to be. What is left and too short for a header is shown as bytes. Of `length` bytes the first
 * `readable` are there; where those behind them are is said by `address`.
 */
export function records(
  c: Context,
  at: number,
  length: number,
  header: number,
  step: (at: number) => number,
  print: (at: number, length: number) => void,
  readable = length,
  address?: (offset: number) => string,
): void {
  const { sink } = c;
  const end = at + readable;
  let left = length;
  let here = at;
  let open = false;
  for (let n = 0; ; n++) {
    if (here + Math.min(left, header) > end) {
      sink.item();
      if (left < header) sink.word(address!(here - at));
      else {
        sink.more();
        sink.comment(address!(here - at));
      }
      break;
    }
    if (left < header) {
      if (open) sink.item();
      hexString(c, here, left);
      break;
    }
    const claimed = step(here);
    const taken = claimed < header ? left : align(claimed);
    const more = taken < left;
    if (more && !open) {
      sink.openArray();
      open = true;
    }
    if (open) sink.item();
    if (n === c.options.stringLimit && !c.verbose) {
      sink.more();
      break;
    }
    print(here, Math.min(Math.max(claimed, header), left, end - here));
    if (!more) break;
    here += taken;
    left -= taken;
  }
  if (open) sink.closeArray();
}

/** Prints the attributes in `length` bytes. */
export function attributes(c: Context, at: number, length: number, table: Table, scope: Scope): void {
  const { view } = c.memory;
  depth++;
  records(
    c,
    at,
    length,
    HEADER,
    (here) => view.getUint16(here, true),
    (here, size) => attribute(c, here, size, table, scope),
  );
  depth--;
}

function attribute(c: Context, at: number, length: number, table: Table, scope: Scope): void {
  const { sink } = c;
  const type = c.memory.view.getUint16(at + 2, true);
  const payload = length - HEADER;
  if (payload > 0) {
    sink.openArray();
    sink.item();
  }
  sink.openStruct();
  sink.field("nla_len");
  sink.num(c.memory.view.getUint16(at, true));
  sink.field("nla_type");
  const known = enumName(table.set, type & TYPE_MASK);
  printType(c, type, table.set, known);
  sink.closeStruct();
  if (payload <= 0) return;
  sink.item();
  const value = (known === undefined ? undefined : table.values[known]) ?? table.others;
  if (!value || depth > DEEPEST || !value(c, at + HEADER, payload, scope)) hexString(c, at + HEADER, payload);
  sink.closeArray();
}

/** The type of an attribute with the two bits that are none: `NLA_F_NESTED|IFLA_MTU`. */
function printType(c: Context, type: number, set: FlagSet, known: string | undefined): void {
  for (const [flag, name] of typeFlags) {
    if ((type & flag) === 0) continue;
    c.sink.xlat(flag, 0, name, "", "hex");
    c.sink.word("|");
  }
  c.sink.xlat(type & TYPE_MASK, 0, known, set.fallback, "hex");
}

/** A value that is attributes itself. */
export const nested =
  (table: Table | (() => Table)): Value =>
  (c, at, length, scope) => {
    attributes(c, at, length, typeof table === "function" ? table() : table, scope);
    return true;
  };

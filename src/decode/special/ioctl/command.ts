/** What a command of ioctl(2) takes, as data. */
import { type Field, layout } from "../../../abi/layouts.ts";
import {
  addr,
  fd,
  gid,
  hex,
  inline,
  int,
  long,
  path,
  pid,
  ptr,
  special,
  uid,
  ulong,
} from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import type { Context } from "../../context.ts";

export type StructType = Extract<Type, { kind: "struct" }>;

export type Command =
  /** No argument. */
  | { readonly kind: "none" }
  /** The argument itself, or a pointer to what only the kernel reads. */
  | { readonly kind: "in"; readonly type: Type }
  /** A pointer to what the kernel writes. */
  | { readonly kind: "out"; readonly type: Type }
  /** Read, then written: both are shown, `{…} => {…}`. */
  | {
      readonly kind: "both";
      readonly before: Type;
      readonly after: Type;
      /** When the call failed, the address stands for what would have been written. */
      readonly address?: boolean;
      /** What would have been written is shown even if nothing could be read. */
      readonly always?: boolean;
    }
  /** One struct, some of its fields read and the others written: `{read` … `, written}`. */
  | { readonly kind: "grown"; readonly before: StructType; readonly after: StructType }
  /** None of these; `enter` returns true if nothing remains for the exit. */
  | { readonly kind: "own"; enter(c: Context): boolean; exit(c: Context): void };

export const none: Command = { kind: "none" };
/** The argument is a number, not a pointer. */
export const value = (type: Type): Command => ({ kind: "in", type });
export const reads = (type: Type): Command => ({ kind: "in", type: ptr(type) });
export const writes = (type: Type): Command => ({ kind: "out", type: ptr(type) });
export const both = (before: Type, after: Type = before): Extract<Command, { kind: "both" }> => ({
  kind: "both",
  before: ptr(before),
  after: ptr(after),
});
/** `both`, with an address after `=>` when the call failed. */
export const bothOrAddress = (before: Type, after: Type = before): Command => ({
  ...both(before, after),
  address: true,
});
export const grown = (before: StructType, after: StructType): Command => ({ kind: "grown", before, after });

/** The same command under several names. */
export const each = (names: string, command: Command): Record<string, Command> =>
  Object.fromEntries(names.split(" ").map((name) => [name, command]));

/** In brackets, as numbers are that a pointer leads to. */
export const boxed = (type: Type): Type => inline(type, 1);

/** Bytes up to the first NUL of an array that need not have one. */
export const text = (size: number): Type => special("text", undefined, size);

const kinds: Readonly<Record<string, Type>> = {
  addr,
  dev: { kind: "dev" },
  fd,
  gid,
  hex,
  int,
  long,
  path,
  pid,
  uid,
  uint: { kind: "uint" },
  ulong,
  /** A pointer of 64 bits whatever the tracee's are. */
  addr64: special("addr64"),
  /** All bits set has a name. */
  max64: special("max64"),
  uuid: special("uuid"),
};

/**
 * A struct, by the names of its fields in printing order. `name:kind` is one of `kinds` or of `types`, or `text`
 * for an array of characters; a field without a kind is a number, signed or not as the header says. `name?` prints
 * only if it is not zero, `name~` too, but always with -v; after `...`, or with `~v`, only with -v. Throws for a
 * field the header does not have.
 */
export function record(name: string, spec: string, types: Readonly<Record<string, Type>> = {}): StructType {
  const known = layout("x86_64", name);
  const fields: Record<string, Type> = {};
  const marked: Record<string, string[]> = { "?": [], "~": [], "~v": [] };
  let verbose = false;
  for (const word of spec.trim().split(/\s+/)) {
    if (word === "...") {
      verbose = true;
      continue;
    }
    const [, field, mark, kind] = /^(\w+)(\?|~v|~)?(?::(\w+))?$/.exec(word)!;
    if (mark) marked[mark].push(field);
    else if (verbose) marked["~v"].push(field);
    const found = known.fields.find((f) => f.name === field);
    if (!found) throw new Error(`struct ${name} has no field ${field}`);
    fields[field] = fieldType(found, kind, types);
  }
  const abbrev = verbose ? Object.keys(fields).filter((f) => !marked["~v"].includes(f)) : undefined;
  return {
    kind: "struct",
    layout: name,
    fields,
    abbrev,
    unlessZero: marked["?"],
    unlessZeroShort: marked["~"],
  };
}

function fieldType(field: Field, kind: string | undefined, types: Readonly<Record<string, Type>>): Type {
  if (kind === "text") return text(field.count);
  const one = (kind && (types[kind] ?? kinds[kind])) || number(field.size, field.signed);
  if (one === hex && field.size === 4 && field.count === 1) return { kind: "hex32" };
  const whole = field.count === 1 || one.kind === "special";
  return whole ? one : inline(sized(one, field.size), field.count);
}

function number(size: number, signed: boolean): Type {
  if (size === 4) return signed ? int : { kind: "uint" };
  if (size === 2) return { kind: signed ? "short" : "ushort" };
  if (size === 1 && !signed) return { kind: "byte" };
  return signed ? long : ulong;
}

/** Elements of arrays are as large as their kind says. */
function sized(type: Type, size: number): Type {
  if (type.kind === "ulong" && size === 8) return special("u64");
  if (type.kind !== "hex") return type;
  if (size === 1) return special("hex8");
  return size === 4 ? { kind: "hex32" } : special("hex64");
}

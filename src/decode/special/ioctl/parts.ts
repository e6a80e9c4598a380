/** Structs of which some fields print only where others say so: lists of parts, each printing a few fields. */
import { type Field, layout } from "../../../abi/layouts.ts";
import { special } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { addHi, addLo, follow, printArray } from "../../pointers.ts";
import type { StructWalker } from "../../structs.ts";
import { registerValue, type Walker } from "../../walker.ts";
import { type Command, record } from "./command.ts";

/** Prints some fields of the struct at an arena offset. */
export type Part = (c: Context, at: number) => void;

interface Body {
  readonly struct: string;
  readonly parts: readonly Part[];
}

registerValue("parts", (data) => {
  const { struct, parts } = data as Body;
  const walker: StructWalker = {
    size: (c) => sizeOf(c, struct),
    value: (c, lo, hi) => c.sink.hex(lo, hi),
    memory(c, at) {
      c.sink.openStruct();
      this.fields(c, at);
      c.sink.closeStruct();
    },
    fields(c, at) {
      for (const part of parts) part(c, at);
    },
  };
  return walker;
});

/** A struct made of parts. */
export const body = (struct: string, ...parts: readonly Part[]): Type =>
  special("parts", undefined, { struct, parts } satisfies Body);

export const sizeOf = (c: Context, struct: string): number => layout(c.call.abi, struct).size;

function find(c: Context, struct: string, name: string): Field {
  const field = layout(c.call.abi, struct).fields.find((f) => f.name === name);
  if (!field) throw new Error(`struct ${struct} has no field ${name}`);
  return field;
}
export const offsetOf = (c: Context, struct: string, name: string): number => find(c, struct, name).offset;

/** A reader of an integer field, as a double. */
export const number =
  (struct: string, name: string) =>
  (c: Context, at: number): number => {
    const f = find(c, struct, name);
    return c.integer(at + f.offset, f.size, f.signed);
  };

/** The lower 32 bits of a field, whose flags a double would lose. */
export const bitsOf =
  (struct: string, name: string) =>
  (c: Context, at: number): number =>
    c.memory.view.getInt32(at + offsetOf(c, struct, name), true);

/** Fields by `record`'s specification. */
export function fields(struct: string, spec: string, types: Readonly<Record<string, Type>> = {}): Part {
  const type = record(struct, spec, types);
  return (c, at) => (compile(type) as StructWalker).fields(c, at);
}

export const when =
  (test: (c: Context, at: number) => boolean, ...parts: readonly Part[]): Part =>
  (c, at) => {
    if (test(c, at)) for (const part of parts) part(c, at);
  };

export const more: Part = (c) => {
  c.sink.item();
  c.sink.more();
};
/** Parts that print with -v only, `...` without. */
export const verbose =
  (...parts: readonly Part[]): Part =>
  (c, at) => {
    if (!c.verbose) more(c, at);
    else for (const part of parts) part(c, at);
  };

/** A field printed in a way of its own: `print` gets the offset of its value. */
export const own =
  (struct: string, name: string, print: (c: Context, at: number) => void, shown = name): Part =>
  (c, at) => {
    c.sink.field(shown);
    print(c, at + offsetOf(c, struct, name));
  };

/** The first `count` members of an array in the struct. */
export const upTo =
  (struct: string, name: string, of: Type, count: (c: Context, at: number) => number): Part =>
  (c, at) => {
    const field = find(c, struct, name);
    const wanted = count(c, at);
    c.sink.field(name);
    members(c, compile(of), at + field.offset, Math.min(wanted, field.count));
  };

/** Prints members of an array in the arena, at most -s of them without -v. */
export function members(c: Context, of: Walker, at: number, count: number): void {
  const shown = c.verbose ? count : Math.min(count, c.options.stringLimit);
  c.sink.openArray();
  for (let i = 0; i < shown; i++) {
    c.sink.item();
    of.memory(c, at + i * of.size(c));
  }
  if (shown < count) more(c, at);
  c.sink.closeArray();
}

/** Members of an array that follows the struct in the tracee's memory, from an offset on. */
export function following(c: Context, of: Type, offset: number, count: number): void {
  const [lo, hi] = [addLo(c.argLo(2), offset), addHi(c.argLo(2), c.argHi(2), offset)];
  // no array is longer than the address space
  if (count * compile(of).size(c) >= 2 ** (8 * c.wordSize)) c.sink.addr(lo, hi);
  else printArray(c, compile(of), lo, hi, count);
}

/** The arena offset of what the argument leads to; -1 if it leads nowhere, or the call failed. */
export function argument(c: Context, size: number): number {
  const [lo, hi] = [c.argLo(2), c.argHi(2)];
  return lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, size);
}

/** A command whose struct is printed at entry, `{…`, and goes on at exit: `more}` with or without success. */
export const staged = (
  struct: string,
  enter: (c: Context, at: number) => boolean,
  exit: (c: Context, at: number) => void,
): Command => ({
  kind: "own",
  enter(c) {
    c.sink.arg("argp");
    const at = argument(c, sizeOf(c, struct));
    if (at >= 0) return enter(c, at);
    c.sink.addr(c.argLo(2), c.argHi(2));
    return true;
  },
  exit(c) {
    exit(c, argument(c, sizeOf(c, struct)));
  },
});

/** `{before`, then with success `, after`, then `}`. */
export const filled = (struct: string, before: readonly Part[], after: readonly Part[]): Command =>
  staged(
    struct,
    (c, at) => {
      c.sink.openStruct();
      for (const part of before) part(c, at);
      return false;
    },
    (c, at) => {
      c.sink.comma?.(true);
      if (at >= 0) for (const part of after) part(c, at);
      c.sink.closeStruct();
    },
  );

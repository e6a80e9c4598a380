/** Printers of C structs, by generated layouts. */
import type { Field, Layout } from "../abi/layouts.ts";
import type { Abi } from "../abi/syscalls.ts";
import type { Type } from "../syscalls/types/types.ts";
import type { Context } from "./context.ts";
import { loadInteger } from "./scalars.ts";
import type { Walker } from "./walker.ts";

type StructType = Extract<Type, { kind: "struct" }>;

interface Plan {
  readonly layout: Layout;
  readonly fields: readonly {
    readonly name: string;
    readonly field: Field;
    readonly walker: Walker;
    readonly scalar: boolean;
    /** Whether the value has a sign, where the layout says so too. */
    readonly signed: boolean;
  }[];
}

/** Kinds whose value is complete once loaded as an integer of the field's size. */
const aggregates: ReadonlySet<string> = new Set(["struct", "inline", "special", "switch"]);

/** Kinds that have no sign, whatever the struct's member is. */
const unsigned: ReadonlySet<string> = new Set(["enum", "flags", "uint", "ulong", "hex", "hex32", "addr"]);

/** A walker that can print its fields without the braces, for structs printed in two parts. */
export interface StructWalker extends Walker {
  fields(c: Context, at: number): void;
}

/** The walker of a struct of `size` bytes whose members `fields` prints. */
export const braced = (size: StructWalker["size"], fields: StructWalker["fields"]): StructWalker => ({
  size,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openStruct();
    fields(c, at);
    c.sink.closeStruct();
  },
  fields,
});

export function structWalker(
  type: StructType,
  layoutOf: (abi: Abi) => Layout,
  compile: (t: Type) => Walker,
): StructWalker {
  const plans = new Map<Abi, Plan>();
  const planFor = (abi: Abi): Plan => {
    let plan = plans.get(abi);
    if (!plan) {
      const layout = layoutOf(abi);
      plan = {
        layout,
        fields: Object.entries(type.fields).map(([name, t]) => {
          const field = layout.fields.find((f) => f.name === name);
          if (!field) throw new Error(`struct ${type.layout} has no field ${name}`);
          const sign = field.signed && !unsigned.has(t.kind);
          return { name, field, walker: compile(t), scalar: !aggregates.has(t.kind), signed: sign };
        }),
      };
      plans.set(abi, plan);
    }
    return plan;
  };
  return braced(
    (c) => planFor(c.call.abi).layout.size,
    (c, at) => {
      const { layout, fields } = planFor(c.call.abi);
      const outerLayout = c.structLayout;
      const outerAt = c.structAt;
      c.structLayout = layout;
      c.structAt = at;
      const short = type.abbrev !== undefined && !c.verbose;
      for (const { name, field, walker, scalar, signed } of fields) {
        if (short && !type.abbrev!.includes(name)) continue;
        const hidden =
          type.unlessZero?.includes(name) || (!c.verbose && type.unlessZeroShort?.includes(name));
        if (hidden && isZero(c, field, at)) continue;
        const bits = type.onlyWith?.[name];
        if (bits !== undefined && (c.integer(at + field.offset, 4, false) & bits) === 0) continue;
        c.sink.field(name);
        printField(c, field, walker, scalar, at, signed);
        c.structLayout = layout;
        c.structAt = at;
      }
      if (short) {
        c.sink.item();
        c.sink.more();
      }
      c.structLayout = outerLayout;
      c.structAt = outerAt;
    },
  );
}

function isZero(c: Context, field: Field, at: number): boolean {
  const start = at + field.offset;
  return c.memory.bytes.subarray(start, start + field.size * field.count).every((b) => b === 0);
}

export function printField(
  c: Context,
  field: Field,
  walker: Walker,
  scalar: boolean,
  at: number,
  signed = field.signed,
): void {
  if (field.bits) {
    const [offset, width] = field.bits;
    const word = c.integer(at + field.offset, field.size, false);
    walker.value(c, (Math.floor(word / 2 ** offset) % 2 ** width) >>> 0, 0);
  } else if (scalar && field.count === 1) {
    loadInteger(c, at + field.offset, field.size, signed, walker.value);
  } else {
    walker.memory(c, at + field.offset);
  }
}

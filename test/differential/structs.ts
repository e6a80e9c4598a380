/** Bytes of C structs for Script, and the comparison every family of calls is put to. */
import { expect, test } from "vitest";
import { long, needs } from "../helpers.ts";
import { compareCalls, type Difference, type Outcome, Script } from "./calls.ts";

const EINVAL = 22;

/** A little-endian struct field by field: `u8(1)`, `u32(5)`, text with its room … */
export class Bytes {
  private parts: Buffer[] = [];

  private int(size: number, value: number | bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    this.parts.push(part.subarray(0, size));
    return this;
  }
  u8(...values: readonly number[]): this {
    for (const v of values) this.int(1, v);
    return this;
  }
  u16(...values: readonly number[]): this {
    for (const v of values) this.int(2, v);
    return this;
  }
  u32(...values: readonly number[]): this {
    for (const v of values) this.int(4, v);
    return this;
  }
  u64(...values: readonly (number | bigint)[]): this {
    for (const v of values) this.int(8, v);
    return this;
  }
  /** Network byte order. */
  be16(value: number): this {
    return this.u8(value >> 8, value & 255);
  }
  text(value: string, room = value.length): this {
    const part = Buffer.alloc(room);
    part.write(value, "latin1");
    this.parts.push(part);
    return this;
  }
  raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }
  /** Zeros up to an offset. */
  pad(to: number): this {
    const length = this.done().length;
    return to > length ? this.text("", to - length) : this;
  }
  done(): Buffer {
    return Buffer.concat(this.parts);
  }
}

export const struct = (): Bytes => new Bytes();

/** Bytes that differ from one another, none of them zero. */
export const recognisable = (length: number, step = 7): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => ((step * i) % 255) + 1));

/** The options a call is looked at with; every call with some arguments is with all of them (calls-differential.test.ts). */
export const views: readonly (readonly string[])[] = long
  ? [[], ["-v"], ["-X", "raw"], ["-v", "-X", "verbose"], ["-e", "verbose=none"]]
  : [[], ["-v", "-X", "verbose"]];

export interface Seen extends Difference {
  readonly options: string;
}

/** Every difference between the tracers for a script, succeeding and failing, with each of the options. */
export function differencesOf(
  script: Script,
  options = views,
  errors: readonly number[] = [0, EINVAL],
): Seen[] {
  return options.flatMap((o) =>
    (o.length < 2 ? errors : errors.slice(0, 1)).flatMap((error) =>
      compareCalls(script, { error, options: o }).differences.map((d) => ({
        options: `${o.join(" ")} errno ${error}`,
        ...d,
      })),
    ),
  );
}

/** The same for outcomes that are no matter of an errno alone: all with the first of the options, the first with the next. */
export const differencesAfter = (
  script: Script,
  outcomes: readonly Outcome[],
  options: readonly (readonly string[])[] = [[]],
): Seen[] =>
  (long ? options : options.slice(0, 2)).flatMap((o, i) =>
    (long || i === 0 ? outcomes : outcomes.slice(0, 1)).flatMap((outcome) =>
      compareCalls(script, { ...outcome, options: o }).differences.map((d) => ({
        options: `${o.join(" ")} ${JSON.stringify(outcome)}`,
        ...d,
      })),
    ),
  );

/** As many differences as are shown of a failure. */
export const some = (found: readonly Seen[]) => found.slice(0, Number(process.env.SHOW ?? 5));

/** A test of each case: what it puts into a script is the same under both tracers in every view. */
export function compareEach(
  cases: readonly (readonly [name: string, make: (script: Script) => void])[],
  ...lacking: readonly string[]
): void {
  for (const [name, make] of cases) {
    test(...needs(name, ...lacking), () => {
      const script = new Script();
      make(script);
      expect(some(differencesOf(script))).toEqual([]);
    });
  }
}

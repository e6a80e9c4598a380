/** Fields at fixed places of a message. */
import type { Context } from "../context.ts";

export type Field = readonly [name: string, offset: number, print: (c: Context, at: number) => void];
export const byte = (c: Context, at: number) => c.sink.num(c.memory.bytes[at]);
export const half = (c: Context, at: number) => c.sink.num(c.memory.view.getUint16(at, true));
export const word = (c: Context, at: number) => c.sink.num(c.memory.view.getUint32(at, true));
export const fieldsOf = (c: Context, at: number, fields: readonly Field[]): void => {
  for (const [name, offset, print] of fields) {
    c.sink.field(name);
    print(c, at + offset);
  }
};

/** Struct layouts by ABI. aarch64 shares x86-64's for the structs used here; of x32's those differ that hold pointers. */
import { i386, x32, x86_64 } from "./generated/layouts.ts";
import type { Layout } from "./layout-types.ts";
import type { Abi } from "./syscalls.ts";

export type { Field, Layout } from "./layout-types.ts";

const tables: Readonly<Record<Abi, Readonly<Record<string, Layout>>>> = {
  x86_64,
  i386,
  x32,
  aarch64: x86_64,
};

/** Throws for a struct the generator does not know: a mistake in a descriptor. */
export function layout(abi: Abi, name: string): Layout {
  const found = tables[abi][name] ?? (abi === "x32" ? x86_64[name] : undefined);
  if (!found) throw new Error(`no layout of struct ${name} for ${abi}; add it to tools/generate/specs`);
  return found;
}

/** Struct layouts by ABI. x32 and aarch64 share x86-64's 64-bit layouts for the structs used here. */
import { i386, x86_64 } from "./generated/layouts.ts";
import type { Layout } from "./layout-types.ts";
import type { Abi } from "./syscalls.ts";

export type { Field, Layout } from "./layout-types.ts";

/** Throws for a struct the generator does not know: a mistake in a descriptor. */
export function layout(abi: Abi, name: string): Layout {
  const found = (abi === "i386" ? i386 : x86_64)[name];
  if (!found) throw new Error(`no layout of struct ${name} for ${abi}; add it to tools/generate/specs`);
  return found;
}

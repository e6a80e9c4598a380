/** Descriptors of calls by name. */
import { descriptor } from "../../syscalls/index.ts";
import type { Descriptor } from "../../syscalls/types/types.ts";

const known = new Map<string, Descriptor | undefined>();

export function syscallDescriptor(name: string): Descriptor | undefined {
  if (!known.has(name)) known.set(name, descriptor(name, "x86_64"));
  return known.get(name);
}

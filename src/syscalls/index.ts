/** Every system call's descriptor, by name. A call is described once, in its family's file. */

import { all } from "./families/index.ts";
import type { Descriptor } from "./types/types.ts";

const byName = new Map<string, Descriptor>();
for (const d of all) {
  if (byName.has(d.name)) throw new Error(`system call ${d.name} is described twice`);
  byName.set(d.name, d);
}

/** The descriptor of a call, by the kernel's name for it. */
export function descriptor(name: string): Descriptor | undefined {
  return byName.get(name);
}

export function allDescriptors(): Iterable<Descriptor> {
  return byName.values();
}

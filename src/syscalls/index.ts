/** Every system call's descriptor, by name. A call is described once, in its family's file. */

import type { Abi } from "../abi/syscalls.ts";
import { compat } from "./families/compat.ts";
import { all } from "./families/index.ts";
import type { Descriptor } from "./types/types.ts";

const byName = new Map<string, Descriptor>();
for (const d of all) {
  if (byName.has(d.name)) throw new Error(`system call ${d.name} is described twice`);
  byName.set(d.name, d);
}

const byCompatName = new Map(compat.map((d) => [d.name, d]));

/** The descriptor of a call, by the kernel's name for it; some calls differ on 32-bit x86. */
export function descriptor(name: string, abi: Abi = "x86_64"): Descriptor | undefined {
  return (abi === "i386" ? byCompatName.get(name) : undefined) ?? byName.get(name);
}

export function allDescriptors(): Iterable<Descriptor> {
  return byName.values();
}

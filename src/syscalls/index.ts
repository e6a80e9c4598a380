/** Every system call's descriptor, by name. A call is described once, in its family's file. */

import { type Abi, syscallName } from "../abi/syscalls.ts";
import { compat } from "./families/compat.ts";
import { all } from "./families/index.ts";
import { indirect } from "./families/legacy.ts";
import { x32 } from "./families/x32.ts";
import type { Descriptor } from "./types/types.ts";

const byName = new Map<string, Descriptor>();
for (const d of all) {
  if (byName.has(d.name)) throw new Error(`system call ${d.name} is described twice`);
  byName.set(d.name, d);
}

const byCompatName = new Map(compat.map((d) => [d.name, d]));
const byX32Name = new Map(x32.map((d) => [d.name, d]));

/** The descriptor of a call, by the kernel's name for it; some calls differ on 32-bit x86, some on x32. */
export function descriptor(name: string, abi: Abi = "x86_64"): Descriptor | undefined {
  const own = abi === "i386" ? byCompatName.get(name) : abi === "x32" ? byX32Name.get(name) : undefined;
  return own ?? byName.get(name);
}

/** The descriptor of a call made through another, by its number (abi/syscalls.ts). */
export function indirectDescriptor(number: number): Descriptor | undefined {
  return indirect.get(number) ?? descriptor(syscallName("i386", number) ?? "", "i386");
}

export function allDescriptors(): Iterable<Descriptor> {
  return byName.values();
}

/** Network interfaces of our own network namespace. */
import { addressOf, libc } from "./ffi.ts";

const indexToName = libc("uintptr_t if_indextoname(unsigned int ifindex, intptr_t ifname)");

/** IF_NAMESIZE */
const name = Buffer.alloc(16);
const nameAt = addressOf(name);

/** Name of the interface with this index, if there is one. */
export function interfaceName(index: number): string | undefined {
  if (Number(indexToName(index >>> 0, nameAt)) === 0) return undefined;
  return name.toString("latin1", 0, name.indexOf(0));
}

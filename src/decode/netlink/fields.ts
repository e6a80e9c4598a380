/** Fields of netlink's structs that need more than a number, as specials for `record`. */
import * as F from "../../abi/flags.ts";
import { special } from "../../syscalls/types/build.ts";
import type { Type } from "../../syscalls/types/types.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { printInterface } from "../special/sockaddr.ts";
import { registerValue, type Walker } from "../walker.ts";
import { hexString } from "./attrs.ts";
import { bitsOf } from "./values.ts";

/** A printer of `size` bytes in memory. */
function memory(size: number, print: (c: Context, at: number) => void): Walker {
  return { size: () => size, value: (c, lo, hi) => c.sink.hex(lo, hi), memory: print };
}
function register(name: string, size: number, print: (c: Context, at: number) => void): Type {
  registerValue(`nl_${name}`, () => memory(size, print));
  return special(`nl_${name}`);
}

export const interfaceIndex = register("ifindex", 4, (c, at) =>
  printInterface(c, c.memory.view.getUint32(at, true)),
);
export const etherTypeField = register("ether_type", 2, (c, at) => {
  const value = c.memory.view.getUint16(at);
  c.sink.word(`htons(${enumName(F.nl_ether_types, value) ?? `0x${value.toString(16)} /* ETH_P_??? */`})`);
});
export const threeBytes = register("three_bytes", 3, (c, at) => hexString(c, at, 3));
export const bridgeOptions = register("bridge_options", 4, (c, at) =>
  bitsOf(c, F.nl_bridge_options, c.memory.view.getUint32(at, true)),
);
/** Counters of both directions. */
export const bothDirections = register("directions", 16, (c, at) => {
  c.sink.openArray();
  for (let i = 0; i < 2; i++) {
    c.sink.item();
    c.sink.word(
      `[${enumName(F.nl_mcast_directions, i)}]=${c.memory.view.getBigUint64(at + 8 * i, true)}`,
    );
  }
  c.sink.closeArray();
});
/** A table of routes: the named ones, others by number. */
export const routeTable = register("route_table", 1, (c, at) =>
  printEnum(c, F.nl_route_tables, c.memory.bytes[at]),
);

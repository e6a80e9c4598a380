/** Fields of netlink's structs that need more than a number, as specials for `record`. */
import * as F from "../../abi/flags.ts";
import { special } from "../../syscalls/types/build.ts";
import type { Type } from "../../syscalls/types/types.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { printInterface, zeroPadded } from "../special/addresses.ts";
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
    c.sink.word(`[${enumName(F.nl_mcast_directions, i)}]=${c.memory.view.getBigUint64(at + 8 * i, true)}`);
  }
  c.sink.closeArray();
});
/** Six digits in hexadecimal at least. */
export const hexMask = register("hex_mask", 4, (c, at) =>
  c.sink.word(zeroPadded(c.memory.view.getUint32(at, true), 8)),
);
/** Two 32-bit halves that name a socket. */
export const twoWords = register("two_words", 8, (c, at) =>
  c.sink.word(`[${c.memory.view.getUint32(at, true)}, ${c.memory.view.getUint32(at + 4, true)}]`),
);
/** A set of statistics. */
export const statisticsSet = register("statistics", 4, (c, at) =>
  bitsOf(c, F.nl_stats_attrs, c.memory.view.getUint32(at, true)),
);
/** Prints a set of TCP states. */
export const printStates = (c: Context, bits: number): void => bitsOf(c, F.nl_tcp_states, bits);
export const stateSet = register("states", 4, (c, at) => printStates(c, c.memory.view.getUint32(at, true)));
/** Prints which attributes an inet_diag request wants. */
export function printExtensions(c: Context, bits: number): void {
  const entries = F.nl_inet_diag_attrs.entries
    .filter(([v]) => Number(v) > 0 && Number(v) <= 8)
    .map(([v, name]) => [Number(v) - 1, `(${name}-1)`] as const);
  bitsOf(c, { name: "idiag_ext", fallback: "(INET_DIAG_???-1)", entries }, bits);
}
const NDIAG_PROTO_ALL = 255;
export const netlinkProtocol = register("netlink_protocol", 1, (c, at) => {
  const value = c.memory.bytes[at];
  if (value === NDIAG_PROTO_ALL) c.sink.xlat(value, 0, "NDIAG_PROTO_ALL", "", "hex");
  else printEnum(c, F.netlink_protocols, value);
});
export const packetProtocol = register("packet_protocol", 1, (c, at) => c.sink.hex(c.memory.bytes[at], 0));

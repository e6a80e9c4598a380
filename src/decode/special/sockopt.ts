/** Socket options: names by level, values by option. */

import { errnoName } from "../../abi/errno.ts";
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import { int, pid, struct, uid } from "../../syscalls/types/build.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { printBytes } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";

const SOL_SOCKET = 1;
const SOL_RAW = 255;
const optionSets: ReadonlyMap<number, FlagSet> = new Map([
  [SOL_SOCKET, F.socket_options],
  [0, F.ip_options],
  [6, F.tcp_options],
  [17, F.udp_options],
  [41, F.ipv6_options],
  [SOL_RAW, F.raw_options],
  [270, F.netlink_options],
]);

registerValue("sockopt_name", () =>
  pointerWalker((c, lo) => {
    const set = optionSets.get(c.argLo(1));
    if (set) printEnum(c, set, lo);
    else c.sink.num(lo >>> 0);
  }),
);

const linger = compile(struct("linger", { l_onoff: int, l_linger: int }));
const ucred = compile(struct("ucred", { pid, uid, gid: uid }));
const structs: Readonly<Record<string, readonly [typeof linger, string]>> = {
  SO_LINGER: [linger, "linger"],
  SO_PEERCRED: [ucred, "ucred"],
};
const strings = new Set(["SO_BINDTODEVICE", "TCP_CONGESTION", "TCP_ULP", "SO_PEERSEC"]);

function printValue(c: Context, lo: number, hi: number, length: number): void {
  const set = optionSets.get(c.argLo(1));
  const name = set && enumName(set, c.argLo(2));
  if ((lo === 0 && hi === 0) || length < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const known = name === undefined ? undefined : structs[name];
  if (known && length >= layout(c.call.abi, known[1]).size) {
    const at = c.memory.readAll(lo, hi, length);
    if (at < 0) c.sink.addr(lo, hi);
    else known[0].memory(c, at);
  } else if (name !== undefined && strings.has(name)) {
    printBytes(c, lo, hi, length);
  } else if (length === 4) {
    const value = c.readInt(lo, hi);
    if (value === undefined) c.sink.addr(lo, hi);
    else if (name === "SO_ERROR") c.sink.word(`[${value === 0 ? "0" : (errnoName(value) ?? value)}]`);
    else if (name === "ICMP_FILTER") c.sink.word(icmpTypes(value));
    else c.sink.word(`[${value}]`);
  } else printBytes(c, lo, hi, length);
}

/** A set of message types as strace writes sets: by those missing, after ~, when most are there. */
function icmpTypes(bits: number): string {
  let present = 0;
  for (let i = 0; i < 32; i++) present += (bits >>> i) & 1;
  const most = present > 16;
  const names: string[] = [];
  for (let i = 0; i < 32; i++)
    if (((bits >>> i) & 1) === (most ? 0 : 1)) names.push(enumName(F.icmp_types, i) ?? String(i));
  return `${most ? "~" : ""}[${names.join(" ")}]`;
}

registerValue("sockopt_value", () => pointerWalker((c, lo, hi) => printValue(c, lo, hi, c.argLo(4) | 0)));
registerValue("sockopt_result", () =>
  pointerWalker((c, lo, hi) => {
    const length = c.call.error ? undefined : c.readInt(c.argLo(4), c.argHi(4));
    if (length === undefined) c.sink.addr(lo, hi);
    else printValue(c, lo, hi, length);
  }),
);

/** Types and protocols of socket(2) and socketpair(2). */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, printEnum, printFlags } from "../flags.ts";
import { pointerWalker, registerValue } from "../walker.ts";

const TYPE_MASK = 0xf;
registerValue("socket_type", () =>
  pointerWalker((c, lo) => {
    const kind = enumName(F.socket_types, lo & TYPE_MASK);
    if (kind === undefined) {
      printFlags(c, F.socket_type_flags, lo);
      return;
    }
    c.sink.xlat(lo & TYPE_MASK, 0, kind, "", "hex");
    const rest = (lo & ~TYPE_MASK) >>> 0;
    if (rest === 0) return;
    c.sink.word("|");
    c.sink.xlat(rest, 0, flagNames(F.socket_type_flags, rest), F.socket_type_flags.fallback, "hex");
  }),
);

const AF_AX25 = 3;
const AF_PACKET = 17;
/** Protocols by address family. */
const protocols: ReadonlyMap<number, FlagSet> = new Map([
  [2, F.inet_protocols],
  [10, F.inet_protocols],
  [16, F.netlink_protocols],
  // strace has IrDA's protocols from the table of CAN's
  [23, { ...F.can_protocols, fallback: "IRDAPROTO_???" }],
  [29, F.can_protocols],
  [31, F.bluetooth_protocols],
  [33, F.address_families],
  [34, F.isdn_protocols],
  [35, F.phonet_protocols],
  [37, F.caif_protocols],
  [39, F.nfc_protocols],
  [41, F.kcm_protocols],
  [43, F.smc_protocols],
]);

/** These are in no public header, so that strace shows the number, too. */
function ax25(c: Context, lo: number, hi: number): void {
  c.sink.hex(lo, hi);
  c.sink.comment(enumName(F.ax25_protocols, lo, hi) ?? F.ax25_protocols.fallback);
}

registerValue("socket_protocol", () =>
  pointerWalker((c, lo, hi) => {
    const family = c.argLo(0);
    const set = protocols.get(family);
    if (set) printEnum(c, set, lo);
    else if (family === AF_AX25) ax25(c, lo, hi);
    else if (family === AF_PACKET) {
      const protocol = ((lo & 0xff) << 8) | ((lo >>> 8) & 0xff);
      c.sink.word("htons(");
      c.sink.xlat(protocol, 0, enumName(F.nl_ether_types, protocol), "ETH_P_???", "hex");
      c.sink.word(")");
    } else c.sink.ulong(lo, hi);
  }),
);

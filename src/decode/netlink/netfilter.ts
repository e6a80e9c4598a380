/** NETLINK_NETFILTER: messages by subsystem (linux/netfilter/nfnetlink.h). */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { attributes, hexString, type Table } from "./attrs.ts";

/** Messages below this type are netlink's own. */
export const NETFILTER_MESSAGE = 16;
const GENMSG = 4;
const SUBSYSTEM = 8;
const NFTABLES = 10;

/** Names of the messages of each subsystem. */
const messages: Readonly<Record<string, FlagSet>> = {
  NFNL_SUBSYS_CTNETLINK: F.nl_ctnetlink,
  NFNL_SUBSYS_CTNETLINK_EXP: F.nl_ctnetlink_exp,
  NFNL_SUBSYS_QUEUE: F.nl_nf_queue,
  NFNL_SUBSYS_ULOG: F.nl_nf_ulog,
  NFNL_SUBSYS_OSF: F.nl_nf_osf,
  NFNL_SUBSYS_IPSET: F.nl_nf_ipset,
  NFNL_SUBSYS_ACCT: F.nl_nf_acct,
  NFNL_SUBSYS_CTNETLINK_TIMEOUT: F.nl_nf_timeout,
  NFNL_SUBSYS_CTHELPER: F.nl_nf_helper,
  NFNL_SUBSYS_NFTABLES: F.nl_nf_tables,
  NFNL_SUBSYS_NFT_COMPAT: F.nl_nf_compat,
  NFNL_SUBSYS_HOOK: F.nl_nf_hook,
};

/** Prints the type of a message; says which of the flags for getting, making and deleting apply. */
export function netfilterType(c: Context, type: number): "GET" | "NEW" | "DEL" | undefined {
  const batch = enumName(F.nl_nf_batch, type);
  if (batch !== undefined) {
    c.sink.xlat(type, 0, batch, "", "hex");
    return undefined;
  }
  const subsystem = enumName(F.nl_nf_subsystems, type >> SUBSYSTEM);
  const low = type & 0xff;
  const set = subsystem === undefined ? undefined : messages[subsystem];
  const name = set && enumName(set, low);
  c.sink.xlat(type >> SUBSYSTEM, 0, subsystem, F.nl_nf_subsystems.fallback, "hex");
  c.sink.word("<<8|");
  c.sink.xlat(low, 0, name, set?.fallback ?? "", "hex");
  if (name === undefined || /^IPSET|DEFAULT_GET$/.test(name)) return undefined;
  return /_(?:MSG|CMD)_(?:\w+_)?(NEW|DEL|GET)/.exec(name)?.[1] as "NEW" | undefined;
}

const plain: Table = {
  set: { name: "nla_type", fallback: "", entries: [] },
  values: {},
};

/** Prints struct nfgenmsg and the attributes after it. */
export function netfilterMessage(c: Context, type: number, at: number, length: number): void {
  const { sink } = c;
  const { bytes, view } = c.memory;
  if (length < GENMSG) {
    hexString(c, at, length);
    return;
  }
  sink.openStruct();
  sink.field("nfgen_family");
  printEnum(c, F.address_families, bytes[at]);
  sink.field("version");
  if (bytes[at + 1] === 0) sink.xlat(0, 0, "NFNETLINK_V0", "", "hex");
  else sink.xlat(bytes[at + 1], 0, undefined, "NFNETLINK_???", "hex");
  sink.field("res_id");
  const resource = view.getUint16(at + 2);
  const named = resource === NFTABLES && type >> SUBSYSTEM === NFTABLES;
  sink.word(`htons(${named ? enumName(F.nl_nf_subsystems, resource) : resource})`);
  sink.closeStruct();
  if (length <= GENMSG) return;
  sink.item();
  if (enumName(F.nl_nf_batch, type) !== undefined) hexString(c, at + GENMSG, length - GENMSG);
  else attributes(c, at + GENMSG, length - GENMSG, plain, { family: bytes[at], hardware: -1, kind: "" });
}

/** NETLINK_ROUTE: which struct a message begins with, and whose attributes follow it. */
import * as F from "../../abi/flags.ts";
import { flags, oneOf } from "../../syscalls/types/build.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { align, attributes, hexString, type Scope, type Table, type Value } from "./attrs.ts";
import { interfaceIndex, statisticsSet } from "./fields.ts";
import { linkTable, statsTable } from "./link.ts";
import * as R from "./route.ts";
import { actionTable, tcTable } from "./tc.ts";
import { record } from "./values.ts";

/** How the messages about one kind of thing look. */
interface Message {
  readonly header: Value;
  /** Bytes of the header. */
  readonly size: number;
  /** Name of its first byte, the address family. */
  readonly family: string;
  readonly table: Table;
}

const families = oneOf(F.address_families);
const tables = oneOf(F.nl_route_tables);
/** Numbers without a name are common here, and shown without saying so. */
const unremarked = (set: typeof F.nl_route_scopes) => oneOf({ ...set, fallback: "" });
const scope = unremarked(F.nl_route_scopes);
const tos = flags(F.nl_tos);

const link: Message = {
  header: record("ifinfomsg", {
    fields: {
      ifi_family: families,
      ifi_type: oneOf(F.nl_arphrd),
      ifi_index: interfaceIndex,
      ifi_flags: flags(F.nl_if_flags),
      ifi_change: { kind: "hex32" },
    },
  }),
  size: 16,
  family: "ifi_family",
  table: linkTable,
};
const address: Message = {
  header: record("ifaddrmsg", {
    fields: {
      ifa_family: families,
      ifa_flags: flags(F.nl_addr_flags),
      ifa_scope: scope,
      ifa_index: interfaceIndex,
    },
  }),
  size: 8,
  family: "ifa_family",
  table: R.addressTable,
};
const route: Message = {
  header: record("rtmsg", {
    fields: {
      rtm_family: families,
      rtm_tos: tos,
      rtm_table: unremarked(F.nl_route_tables),
      rtm_protocol: oneOf(F.nl_route_protocols),
      rtm_scope: scope,
      rtm_type: oneOf(F.nl_route_kinds),
      rtm_flags: flags(F.nl_route_flags),
    },
  }),
  size: 12,
  family: "rtm_family",
  table: R.routeTable,
};
const neighbour: Message = {
  header: record("ndmsg", {
    fields: {
      ndm_family: families,
      ndm_pad1: undefined,
      ndm_pad2: undefined,
      ndm_ifindex: interfaceIndex,
      ndm_state: flags(F.nl_neigh_states),
      ndm_flags: flags(F.nl_neigh_flags),
      ndm_type: oneOf(F.nl_route_kinds),
    },
  }),
  size: 12,
  family: "ndm_family",
  table: R.neighbourTable,
};
const rule: Message = {
  header: record("fib_rule_hdr", {
    fields: {
      family: families,
      tos,
      table: tables,
      res1: undefined,
      res2: undefined,
      action: oneOf(F.nl_rule_actions),
      flags: flags(F.nl_rule_flags),
    },
  }),
  size: 12,
  family: "family",
  table: R.ruleTable,
};
const queue: Message = {
  header: record("tcmsg", { fields: { tcm_family: families, tcm_ifindex: interfaceIndex } }),
  size: 20,
  family: "tcm_family",
  table: tcTable,
};
const only = (layout: string, field: string, size: number, table: Table): Message => ({
  header: record(layout, { fields: { [field]: families }, least: 1 }),
  size,
  family: field,
  table,
});
const action = only("tcamsg", "tca_family", 4, actionTable);
const neighbourTable = only("ndtmsg", "ndtm_family", 4, R.neighbourTableTable);
const label: Message = {
  header: record("ifaddrlblmsg", { fields: { ifal_family: families, ifal_index: interfaceIndex } }),
  size: 12,
  family: "ifal_family",
  table: R.labelTable,
};
const dcb: Message = {
  header: record("dcbmsg", {
    fields: { dcb_family: families, cmd: oneOf(F.nl_dcb_commands), dcb_pad: undefined },
  }),
  size: 4,
  family: "dcb_family",
  table: R.dcbTable,
};
const netconf = only("netconfmsg", "ncm_family", 1, R.netconfTable);
const multicast: Message = {
  header: record("br_port_msg", { fields: { family: families, ifindex: interfaceIndex } }),
  size: 8,
  family: "family",
  table: R.multicastTable,
};
const namespace = only("rtgenmsg", "rtgen_family", 1, R.namespaceTable);
const reportFamilies = {
  ...F.nl_rtnl_families,
  entries: [...F.address_families.entries, ...F.nl_rtnl_families.entries],
};
const report: Message = {
  header: record("rtgenmsg", { fields: { rtgen_family: oneOf(reportFamilies) } }),
  size: 1,
  family: "rtgen_family",
  table: R.reportTable,
};
const nexthop: Message = {
  header: record("nhmsg", {
    fields: {
      nh_family: families,
      nh_scope: scope,
      nh_protocol: oneOf(F.nl_route_protocols),
      nh_flags: flags(F.nl_nexthop_flags),
    },
    reserved: ["resvd"],
  }),
  size: 8,
  family: "nh_family",
  table: R.nexthopTable,
};
const statistics: Message = {
  header: record("if_stats_msg", {
    fields: { family: families, ifindex: interfaceIndex, filter_mask: statisticsSet },
    reserved: ["pad1", "pad2"],
  }),
  size: 12,
  family: "family",
  table: statsTable,
};

/** By what follows NEW, DEL, GET or SET in the name of a message. */
const messages: ReadonlyMap<string, Message> = new Map([
  ["LINK", link],
  ["ADDR", address],
  ["MULTICAST", address],
  ["ANYCAST", address],
  ["ROUTE", route],
  ["NEIGH", neighbour],
  ["RULE", rule],
  ["QDISC", queue],
  ["TCLASS", queue],
  ["TFILTER", queue],
  ["CHAIN", queue],
  ["ACTION", action],
  ["NEIGHTBL", neighbourTable],
  ["ADDRLABEL", label],
  ["DCB", dcb],
  ["NETCONF", netconf],
  ["MDB", multicast],
  ["NSID", namespace],
  ["STATS", statistics],
  ["CACHEREPORT", report],
  ["NEXTHOP", nexthop],
]);

const AF_BRIDGE = 7;
const RTM_GETNEIGH = 30;
const IPMR = 128;
const RTGEN_ONLY = 4;

/** Prints what follows the header of a message of NETLINK_ROUTE. */
export function routeMessage(c: Context, type: number, at: number, length: number): void {
  const kind = enumName(F.nl_route_types, type)?.replace(/^RTM_(NEW|DEL|GET|SET)/, "") ?? "";
  const { bytes } = c.memory;
  const family = bytes[at];
  // who asks a bridge for its neighbours names the link they are behind
  const message = type === RTM_GETNEIGH && family === AF_BRIDGE ? link : messages.get(kind);
  if (!message) {
    unknown(c, at, length);
    return;
  }
  const inner: Scope = { family, hardware: -1, kind: "" };
  // strace goes by the family where it means the kind of hardware
  if (message === link) inner.hardware = family;
  if (!message.header(c, at, length, inner)) {
    c.sink.openStruct();
    c.sink.field(message.family);
    printEnum(c, F.address_families, family);
    c.sink.item();
    c.sink.more();
    c.sink.closeStruct();
    return;
  }
  const from = align(message.size);
  if (length <= from) return;
  c.sink.item();
  if (kind === "CACHEREPORT" && family !== IPMR) hexString(c, at + RTGEN_ONLY, length - RTGEN_ONLY);
  else attributes(c, at + from, length - from, message.table, inner);
}

/** A message whose struct is not known: all of them begin with a family. */
function unknown(c: Context, at: number, length: number): void {
  c.sink.openStruct();
  c.sink.field("family");
  printEnum(c, F.address_families, c.memory.bytes[at]);
  if (length > 1) {
    c.sink.field("data");
    hexString(c, at + 1, length - 1);
  }
  c.sink.closeStruct();
}

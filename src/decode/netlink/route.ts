/** Addresses, routes, neighbours, rules and what else NETLINK_ROUTE tells that are not links or queues. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printEnum, printFlags } from "../flags.ts";
import { printInterface } from "../special/addresses.ts";
import { align, attributes, nested, type Scope, type Table, type Value } from "./attrs.ts";
import { hexMask } from "./fields.ts";
import { typed } from "./link-kinds.ts";
import {
  AF_INET,
  address,
  addressField,
  addressOf,
  be64,
  flags,
  flagsFirst,
  hardware,
  ifindex,
  oneOf,
  oneOfAny,
  oneOfFirst,
  port,
  record,
  s32,
  routeTable as tableNumber,
  text,
  ticks,
  u8,
  u16,
  u32,
  u64,
} from "./values.ts";

/** RTM_*ADDR. */
export const addressTable: Table = {
  set: F.nl_addr_attrs,
  values: typed("IFA", {
    "ADDRESS LOCAL BROADCAST ANYCAST MULTICAST": address,
    LABEL: text,
    CACHEINFO: record("ifa_cacheinfo"),
    FLAGS: flagsFirst(F.nl_addr_flags),
    RT_PRIORITY: u32,
    TARGET_NETNSID: s32,
  }),
};

/** Values of metrics; their own attributes inside RTA_METRICS. */
const metrics: Table = {
  set: F.nl_metrics_attrs,
  values: typed("RTAX", {
    "LOCK MTU WINDOW RTT RTTVAR SSTHRESH CWND ADVMSS REORDERING HOPLIMIT INITCWND FEATURES RTO_MIN INITRWND QUICKACK":
      u32,
    CC_ALGO: text,
  }),
};

const NEXTHOP = 8;

/** struct rtnexthop[], each followed by attributes of its own. */
const multipath: Value = (c, at, length, scope) => {
  if (length < NEXTHOP) return false;
  const { sink, memory } = c;
  // the only one there is has no brackets
  const several = memory.view.getUint16(at, true) < length;
  if (several) sink.openArray();
  for (let here = at; at + length - here >= NEXTHOP; ) {
    const claimed = memory.view.getUint16(here, true);
    const whole = claimed >= NEXTHOP && claimed <= at + length - here;
    const size = whole ? claimed : NEXTHOP;
    if (several) sink.item();
    if (size > NEXTHOP) {
      sink.openArray();
      sink.item();
    }
    nextHop(c, here);
    if (size > NEXTHOP) {
      sink.item();
      attributes(c, here + NEXTHOP, size - NEXTHOP, routeTable, scope);
      sink.closeArray();
    }
    if (!whole) break;
    here += align(claimed);
  }
  if (several) sink.closeArray();
  return true;
};

function nextHop(c: Context, at: number): void {
  const { view } = c.memory;
  c.sink.openStruct();
  c.sink.field("rtnh_len");
  c.sink.num(view.getUint16(at, true));
  c.sink.field("rtnh_flags");
  printFlags(c, F.nl_nexthop_flags, c.memory.bytes[at + 2]);
  c.sink.field("rtnh_hops");
  c.sink.num(c.memory.bytes[at + 3]);
  c.sink.field("rtnh_ifindex");
  printInterface(c, view.getUint32(at + 4, true));
  c.sink.closeStruct();
}

const via: Value = (c, at, length) => {
  if (length < 2) return false;
  const family = c.memory.view.getUint16(at, true);
  c.sink.openStruct();
  c.sink.field("rtvia_family");
  printEnum(c, F.address_families, family);
  if (length > 2) addressField(c, "rtvia_addr", at + 2, length - 2, family);
  c.sink.closeStruct();
  return true;
};

/** RTM_*ROUTE. */
export const routeTable: Table = {
  set: F.nl_route_attrs,
  values: typed("RTA", {
    "DST SRC GATEWAY PREFSRC NEWDST": address,
    "IIF OIF": ifindex,
    "PRIORITY PROTOINFO FLOW MP_ALGO MARK UID": u32,
    METRICS: nested(metrics),
    MULTIPATH: multipath,
    CACHEINFO: record("rta_cacheinfo", { fields: { rta_id: { kind: "hex32" } } }),
    TABLE: tableNumber,
    MFC_STATS: record("rta_mfc_stats"),
    VIA: via,
    "PREF TTL_PROPAGATE IP_PROTO": u8,
    ENCAP_TYPE: oneOfFirst(F.nl_encap_types, 2),
    EXPIRES: u64,
    "SPORT DPORT": u16,
  }),
};

/** RTM_*NEIGH. */
export const neighbourTable: Table = {
  set: F.nl_neigh_attrs,
  values: typed("NDA", {
    DST: address,
    LLADDR: hardware,
    CACHEINFO: record("nda_cacheinfo"),
    "PROBES VNI LINK_NETNSID SRC_VNI NH_ID": u32,
    VLAN: u16,
    PORT: port,
    "IFINDEX MASTER": ifindex,
    PROTOCOL: oneOfAny(F.inet_protocols),
    FDB_EXT_ATTRS: nested({
      set: F.nl_fdb_ext,
      values: { NFEA_ACTIVITY_NOTIFY: flags(F.nl_fdb_notify, 1) },
    }),
    FLAGS_EXT: flags(F.nl_neigh_ext),
    NDM_STATE_MASK: flags(F.nl_neigh_states, 2),
    NDM_FLAGS_MASK: flags(F.nl_neigh_flags, 1),
  }),
};

const parameters: Table = {
  set: F.nl_neightbl_parms,
  values: typed("NDTPA", {
    IFINDEX: ifindex,
    "REFCNT QUEUE_LEN APP_PROBES UCAST_PROBES MCAST_PROBES PROXY_QLEN QUEUE_LENBYTES MCAST_REPROBES": u32,
    "REACHABLE_TIME BASE_REACHABLE_TIME RETRANS_TIME GC_STALETIME DELAY_PROBE_TIME ANYCAST_DELAY PROXY_DELAY LOCKTIME INTERVAL_PROBE_TIME_MS":
      u64,
  }),
};
/** RTM_*NEIGHTBL. */
export const neighbourTableTable: Table = {
  set: F.nl_neightbl_attrs,
  values: typed("NDTA", {
    NAME: text,
    "THRESH1 THRESH2 THRESH3": u32,
    CONFIG: record("ndt_config", { fields: { ndtc_hash_mask: hexMask } }),
    PARMS: nested(parameters),
    STATS: record("ndt_stats", { least: 80 }),
    GC_INTERVAL: u64,
  }),
};

/** RTM_*RULE. */
export const ruleTable: Table = {
  set: F.nl_rule_attrs,
  values: typed("FRA", {
    "DST SRC": address,
    "IIFNAME OIFNAME": text,
    "GOTO PRIORITY FWMARK FLOW SUPPRESS_IFGROUP SUPPRESS_PREFIXLEN FWMASK": u32,
    TUN_ID: be64,
    TABLE: tableNumber,
    L3MDEV: u8,
    UID_RANGE: record("fib_rule_uid_range"),
    PROTOCOL: oneOfFirst(F.nl_route_protocols, 1),
    IP_PROTO: oneOfAny(F.inet_protocols),
    "SPORT_RANGE DPORT_RANGE": record("fib_rule_port_range"),
  }),
};

export const labelTable: Table = {
  set: F.nl_label_attrs,
  values: { IFAL_ADDRESS: address, IFAL_LABEL: u32 },
};
export const dcbTable: Table = { set: F.nl_dcb_attrs, values: {} };
export const netconfTable: Table = {
  set: F.nl_netconf_attrs,
  values: typed("NETCONFA", {
    IFINDEX: ifindex,
    "FORWARDING RP_FILTER MC_FORWARDING PROXY_NEIGH IGNORE_ROUTES_WITH_LINKDOWN INPUT BC_FORWARDING": s32,
  }),
};
export const namespaceTable: Table = {
  set: F.nl_netns_attrs,
  values: typed("NETNSA", { "NSID FD TARGET_NSID CURRENT_NSID": s32, PID: u32 }),
};
export const reportTable: Table = {
  set: F.nl_creport_attrs,
  values: typed("IPMRA_CREPORT", {
    MSGTYPE: oneOf(F.nl_igmp_messages, 1),
    VIF_ID: u32,
    "SRC_ADDR DST_ADDR": addressOf(AF_INET),
  }),
};

const mdbEntry: Value = (c, at, length) => {
  if (length < 28) return false;
  const { view, bytes } = c.memory;
  const protocol = view.getUint16(at + 24);
  c.sink.openStruct();
  c.sink.field("ifindex");
  printInterface(c, view.getUint32(at, true));
  c.sink.field("state");
  printEnum(c, F.nl_mdb_states, bytes[at + 4]);
  c.sink.field("flags");
  printFlags(c, F.nl_mdb_flags, bytes[at + 5]);
  c.sink.field("vid");
  c.sink.num(view.getUint16(at + 6, true));
  c.sink.field("addr");
  c.sink.openStruct();
  // strace takes the EtherType for an address family
  addressField(c, "u", at + 8, 16, protocol);
  c.sink.field("proto");
  const name = F.address_families.entries.find(([v]) => v === protocol)?.[1];
  c.sink.word(`htons(${name ?? `0x${protocol.toString(16)} /* AF_??? */`})`);
  c.sink.closeStruct();
  c.sink.closeStruct();
  return true;
};
const after =
  (size: number, first: Value, set: Table): Value =>
  (c: Context, at: number, length: number, scope: Scope) => {
    if (!first(c, at, length, scope)) return false;
    if (length > size) {
      c.sink.item();
      attributes(c, at + size, length - size, set, scope);
    }
    return true;
  };
const entries: Table = {
  set: F.nl_mdb_entry,
  values: {
    MDBA_MDB_ENTRY_INFO: after(28, mdbEntry, {
      set: F.nl_mdb_eattr,
      values: { MDBA_MDB_EATTR_TIMER: ticks },
    }),
  },
};
const router: Table = {
  set: F.nl_mdb_router,
  values: {
    MDBA_ROUTER_PORT: after(4, ifindex, {
      set: F.nl_mdb_router_pattr,
      values: typed("MDBA_ROUTER_PATTR", {
        "TIMER INET_TIMER INET6_TIMER": ticks,
        TYPE: oneOf(F.nl_router_types, 1),
      }),
    }),
  },
};
/** RTM_*MDB. */
export const multicastTable: Table = {
  set: F.nl_mdb_attrs,
  values: {
    MDBA_MDB: nested({ set: F.nl_mdb_mdb, values: { MDBA_MDB_ENTRY: nested(entries) } }),
    MDBA_ROUTER: nested(router),
  },
};

const member = record("nexthop_grp", {
  reserved: ["weight_high", "resvd2"],
});
const group: Value = (c, at, length, scope) => {
  if (length < 8) return false;
  c.sink.openArray();
  for (let i = 0; i + 8 <= length; i += 8) {
    c.sink.item();
    if (i === 8 * c.options.stringLimit && !c.verbose) {
      c.sink.more();
      break;
    }
    member(c, at + i, 8, scope);
  }
  c.sink.closeArray();
  return true;
};
/** RTM_*NEXTHOP. */
export const nexthopTable: Table = {
  set: F.nl_nexthop_attrs,
  values: typed("NHA", {
    "ID BLACKHOLE GROUPS FDB": u32,
    "OIF MASTER": ifindex,
    GROUP: group,
    GROUP_TYPE: oneOf(F.nl_nexthop_group_types, 2),
    GATEWAY: address,
    ENCAP_TYPE: oneOfFirst(F.nl_encap_types, 2),
    RES_GROUP: nested({
      set: F.nl_nexthop_res_group,
      values: typed("NHA_RES_GROUP", {
        BUCKETS: u16,
        "IDLE_TIMER UNBALANCED_TIMER UNBALANCED_TIME": ticks,
      }),
    }),
    RES_BUCKET: nested({
      set: F.nl_nexthop_res_bucket,
      values: typed("NHA_RES_BUCKET", { INDEX: u16, IDLE_TIME: ticks, NH_ID: u32 }),
    }),
  }),
};

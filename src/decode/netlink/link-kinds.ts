/** What links of particular kinds hold: bridges, their ports, tunnel devices. */
import * as F from "../../abi/flags.ts";
import { nested, type Table, type Value } from "./attrs.ts";
import { bridgeOptions } from "./fields.ts";
import {
  AF_INET,
  AF_INET6,
  addressOf,
  hardware,
  ifindex,
  oneOf,
  record,
  ticks,
  u8,
  u16,
  u32,
  uid,
  x16,
} from "./values.ts";

/** The attributes of a prefix, by the type of their values. */
function typed(prefix: string, kinds: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(kinds).flatMap(([names, value]) =>
      names.split(/\s+/).map((name) => [`${prefix}_${name}`, value]),
    ),
  );
}

/** struct ifla_bridge_id: two bytes of priority and a hardware address. */
const bridgeId: Value = (c, at, length, scope) => {
  if (length < 8) return false;
  c.sink.openStruct();
  c.sink.field("prio");
  c.sink.word(`[${c.memory.bytes[at]}, ${c.memory.bytes[at + 1]}]`);
  c.sink.field("addr");
  hardware(c, at + 2, 6, scope);
  c.sink.closeStruct();
  return true;
};

const etherType: Value = (c, at, length) => {
  if (length < 2) return false;
  const value = c.memory.view.getUint16(at);
  const name = F.nl_ether_types.entries.find(([v]) => v === value)?.[1];
  c.sink.word(`htons(${name ?? `0x${value.toString(16)} /* ETH_P_??? */`})`);
  return true;
};

const querier: Table = {
  set: F.nl_bridge_querier,
  values: typed("BRIDGE_QUERIER", {
    IP_ADDRESS: addressOf(AF_INET),
    IPV6_ADDRESS: addressOf(AF_INET6),
    "IP_PORT IPV6_PORT": ifindex,
    "IP_OTHER_TIMER IPV6_OTHER_TIMER": ticks,
  }),
};

const bridge: Table = {
  set: F.nl_bridge_attrs,
  values: typed("IFLA_BR", {
    "FORWARD_DELAY HELLO_TIME MAX_AGE AGEING_TIME HELLO_TIMER TCN_TIMER TOPOLOGY_CHANGE_TIMER GC_TIMER MCAST_LAST_MEMBER_INTVL MCAST_MEMBERSHIP_INTVL MCAST_QUERIER_INTVL MCAST_QUERY_INTVL MCAST_QUERY_RESPONSE_INTVL MCAST_STARTUP_QUERY_INTVL":
      ticks,
    "STP_STATE ROOT_PATH_COST MCAST_HASH_ELASTICITY MCAST_HASH_MAX MCAST_LAST_MEMBER_CNT MCAST_STARTUP_QUERY_CNT":
      u32,
    "PRIORITY ROOT_PORT VLAN_DEFAULT_PVID": u16,
    "VLAN_FILTERING TOPOLOGY_CHANGE TOPOLOGY_CHANGE_DETECTED MCAST_ROUTER MCAST_SNOOPING MCAST_QUERY_USE_IFADDR MCAST_QUERIER NF_CALL_IPTABLES NF_CALL_IP6TABLES NF_CALL_ARPTABLES VLAN_STATS_ENABLED MCAST_STATS_ENABLED MCAST_IGMP_VERSION MCAST_MLD_VERSION VLAN_STATS_PER_PORT":
      u8,
    VLAN_PROTOCOL: etherType,
    GROUP_FWD_MASK: x16,
    "ROOT_ID BRIDGE_ID": bridgeId,
    GROUP_ADDR: hardware,
    MULTI_BOOLOPT: record("br_boolopt_multi", { fields: { optval: bridgeOptions, optmask: bridgeOptions } }),
    MCAST_QUERIER_STATE: nested(querier),
  }),
};

/** Attributes of a port of a bridge, as IFLA_PROTINFO of AF_BRIDGE has them. */
export const bridgePort: Table = {
  set: F.nl_brport_attrs,
  values: typed("IFLA_BRPORT", {
    "STATE MODE GUARD PROTECT FAST_LEAVE LEARNING UNICAST_FLOOD PROXYARP LEARNING_SYNC PROXYARP_WIFI TOPOLOGY_CHANGE_ACK CONFIG_PENDING MULTICAST_ROUTER MCAST_FLOOD MCAST_TO_UCAST VLAN_TUNNEL BCAST_FLOOD NEIGH_SUPPRESS ISOLATED MRP_RING_OPEN MRP_IN_OPEN LOCKED":
      u8,
    "PRIORITY DESIGNATED_PORT DESIGNATED_COST NO": u16,
    ID: u16,
    "COST MCAST_EHT_HOSTS_LIMIT MCAST_EHT_HOSTS_CNT": u32,
    "ROOT_ID BRIDGE_ID": bridgeId,
    "MESSAGE_AGE_TIMER FORWARD_DELAY_TIMER HOLD_TIMER": ticks,
    GROUP_FWD_MASK: x16,
    BACKUP_PORT: ifindex,
  }),
};

const tun: Table = {
  set: F.nl_tun_attrs,
  values: typed("IFLA_TUN", {
    "OWNER GROUP": uid,
    TYPE: oneOf(F.nl_tun_types, 1),
    "PI VNET_HDR PERSIST MULTI_QUEUE": u8,
    "NUM_QUEUES NUM_DISABLED_QUEUES": u32,
  }),
};

export const linkKinds: ReadonlyMap<string, Table> = new Map([
  ["bridge", bridge],
  ["tun", tun],
]);

export { etherType, typed };

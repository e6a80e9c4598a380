/** RTM_*LINK: network interfaces and what kinds of them add (linux/if_link.h, linux/if_bridge.h). */
import * as F from "../../abi/flags.ts";
import { inline } from "../../syscalls/types/build.ts";
import { attributes, hexString, nested, type Table, type Value } from "./attrs.ts";
import { bothDirections, etherTypeField, threeBytes } from "./fields.ts";
import { bridgePort, linkKinds } from "./link-kinds.ts";
import {
  AF_INET,
  AF_INET6,
  addressOf,
  array,
  cstring,
  flags,
  ifindex,
  linkAddress,
  oneOf,
  oneOfFirst,
  record,
  s32,
  text,
  u8,
  u16,
  u32,
  u64,
  x32,
} from "./values.ts";

const AF_BRIDGE = 7;
const NO_HANDLER_32 = 92;
const NO_HANDLER_64 = 184;

const stats64 = record("rtnl_link_stats64", { least: NO_HANDLER_64 });

/** A struct of `size` bytes; what is beyond it is shown too. */
const andMore =
  (size: number, value: Value): Value =>
  (c, at, length, scope) => {
    if (!value(c, at, length, scope)) return false;
    if (length > size) {
      c.sink.item();
      hexString(c, at + size, length - size);
    }
    return true;
  };

const vlanInfo = record("bridge_vlan_info", {
  fields: { flags: { kind: "flags", set: F.nl_bridge_vlan_flags } },
});
const vlanTunnel: Table = {
  set: F.nl_bridge_tunnel_attrs,
  values: {
    IFLA_BRIDGE_VLAN_TUNNEL_ID: u32,
    IFLA_BRIDGE_VLAN_TUNNEL_VID: u16,
    IFLA_BRIDGE_VLAN_TUNNEL_FLAGS: flags(F.nl_bridge_vlan_flags, 2),
  },
};
const bridgeSpec: Table = {
  set: F.nl_bridge_af_attrs,
  values: {
    IFLA_BRIDGE_FLAGS: flags(F.nl_bridge_flags, 2),
    IFLA_BRIDGE_MODE: oneOf(F.nl_bridge_modes, 2),
    IFLA_BRIDGE_VLAN_INFO: andMore(4, vlanInfo),
    IFLA_BRIDGE_VLAN_TUNNEL_INFO: nested(vlanTunnel),
  },
};

const inet6: Table = {
  set: F.nl_inet6_attrs,
  values: {
    IFLA_INET6_FLAGS: flags(F.nl_inet6_flags),
    IFLA_INET6_CONF: array(4, F.nl_devconf6, { signed: true }),
    IFLA_INET6_STATS: array(8, F.nl_ip_mib),
    IFLA_INET6_CACHEINFO: record("ifla_cacheinfo"),
    IFLA_INET6_ICMP6STATS: array(8, F.nl_icmp6_mib),
    IFLA_INET6_TOKEN: addressOf(AF_INET6),
    IFLA_INET6_ADDR_GEN_MODE: oneOf(F.nl_addr_gen_modes, 1),
    IFLA_INET6_RA_MTU: u32,
  },
};
const inet: Table = {
  set: F.nl_inet_attrs,
  values: { IFLA_INET_CONF: array(4, F.nl_devconf4, { suffix: "-1", signed: true }) },
};
const families: Readonly<Record<number, Table>> = { [AF_INET]: inet, [AF_INET6]: inet6 };

/** One attribute a family, but of bridges: theirs come without that level. */
const afSpec: Value = (c, at, length, scope) => {
  const perFamily: Table = {
    set: F.address_families,
    values: { AF_INET: nested(inet), AF_INET6: nested(inet6) },
  };
  attributes(c, at, length, scope.family === AF_BRIDGE ? bridgeSpec : perFamily, scope);
  return true;
};
/** What the family of the message keeps about a link. */
const protocolInfo: Value = (c, at, length, scope) => {
  const table = scope.family === AF_BRIDGE ? bridgePort : families[scope.family];
  if (!table || scope.family === AF_INET) return false;
  attributes(c, at, length, table, scope);
  return true;
};

const info: Table = {
  set: F.nl_linkinfo_attrs,
  values: {
    IFLA_INFO_KIND: (c, at, length, scope) => {
      const end = c.memory.bytes.subarray(at, at + length).indexOf(0);
      scope.kind = String.fromCharCode(...c.memory.bytes.subarray(at, at + (end < 0 ? length : end)));
      return cstring(c, at, length, scope);
    },
    IFLA_INFO_DATA: (c, at, length, scope) => {
      const table = linkKinds.get(scope.kind);
      if (!table) return false;
      attributes(c, at, length, table, scope);
      return true;
    },
    IFLA_INFO_SLAVE_KIND: cstring,
  },
};

const guid = record("ifla_vf_guid", { fields: { guid: { kind: "hex" } } });
const setting = (name: string) => record(name);
const bytes32 = inline({ kind: "byte" }, 32);
const vfStats: Table = {
  set: F.nl_vf_stats_attrs,
  values: Object.fromEntries(
    F.nl_vf_stats_attrs.entries.filter(([, n]) => !n.endsWith("_PAD")).map(([, n]) => [n, u64]),
  ),
};
const vfVlans: Table = {
  set: F.nl_vf_vlan_attrs,
  values: {
    IFLA_VF_VLAN_INFO: record("ifla_vf_vlan_info", { fields: { vlan_proto: etherTypeField } }),
  },
};
const vf: Table = {
  set: F.nl_vf_attrs,
  values: {
    IFLA_VF_MAC: record("ifla_vf_mac", { fields: { mac: bytes32 } }),
    IFLA_VF_BROADCAST: record("ifla_vf_broadcast", { fields: { broadcast: bytes32 } }),
    IFLA_VF_VLAN: record("ifla_vf_vlan"),
    IFLA_VF_TX_RATE: setting("ifla_vf_tx_rate"),
    IFLA_VF_SPOOFCHK: setting("ifla_vf_spoofchk"),
    IFLA_VF_LINK_STATE: record("ifla_vf_link_state", {
      fields: { link_state: { kind: "enum", set: F.nl_vf_link_states } },
    }),
    IFLA_VF_RATE: setting("ifla_vf_rate"),
    IFLA_VF_RSS_QUERY_EN: setting("ifla_vf_rss_query_en"),
    IFLA_VF_STATS: nested(vfStats),
    IFLA_VF_TRUST: setting("ifla_vf_trust"),
    IFLA_VF_IB_NODE_GUID: guid,
    IFLA_VF_IB_PORT_GUID: guid,
    IFLA_VF_VLAN_LIST: nested(vfVlans),
  },
};
const vfList: Table = { set: F.nl_vfinfo_attrs, values: { IFLA_VF_INFO: nested(vf) } };

const portSelf: Table = {
  set: { ...F.nl_port_attrs, fallback: "IFLA_VF_PORT_???" },
  values: {
    IFLA_PORT_VF: u32,
    IFLA_PORT_PROFILE: text,
    IFLA_PORT_VSI_TYPE: record("ifla_port_vsi", {
      fields: { vsi_type_id: threeBytes, pad: threeBytes },
    }),
    IFLA_PORT_REQUEST: u8,
    IFLA_PORT_RESPONSE: u16,
  },
};
const vfPorts: Table = { set: F.nl_vf_port_attrs, values: { IFLA_VF_PORT: nested(portSelf) } };

const xdp: Table = {
  set: F.nl_xdp_attrs,
  values: {
    IFLA_XDP_FD: s32,
    IFLA_XDP_ATTACHED: oneOf(F.nl_xdp_modes, 1),
    IFLA_XDP_FLAGS: flags(F.nl_xdp_flags),
    IFLA_XDP_PROG_ID: u32,
    IFLA_XDP_DRV_PROG_ID: u32,
    IFLA_XDP_SKB_PROG_ID: u32,
    IFLA_XDP_HW_PROG_ID: u32,
    IFLA_XDP_EXPECTED_FD: s32,
  },
};
const downReason: Table = {
  set: F.nl_down_reason_attrs,
  values: { IFLA_PROTO_DOWN_REASON_MASK: x32, IFLA_PROTO_DOWN_REASON_VALUE: x32 },
};
const properties: Table = { set: F.nl_link_attrs, values: { IFLA_ALT_IFNAME: text } };

const numbers =
  "MTU TXQLEN WEIGHT NET_NS_PID NUM_VF GROUP NET_NS_FD PROMISCUITY NUM_TX_QUEUES NUM_RX_QUEUES \
CARRIER_CHANGES LINK_NETNSID GSO_MAX_SEGS GSO_MAX_SIZE NEW_NETNSID IF_NETNSID CARRIER_UP_COUNT CARRIER_DOWN_COUNT \
MIN_MTU MAX_MTU GRO_MAX_SIZE TSO_MAX_SIZE TSO_MAX_SEGS ALLMULTI";

export const linkTable: Table = {
  set: F.nl_link_attrs,
  values: {
    ...Object.fromEntries(numbers.split(/\s+/).map((n) => [`IFLA_${n}`, u32])),
    IFLA_LINK_NETNSID: s32,
    IFLA_NEW_NETNSID: s32,
    IFLA_IF_NETNSID: s32,
    IFLA_NET_NS_FD: s32,
    IFLA_ADDRESS: linkAddress,
    IFLA_BROADCAST: linkAddress,
    IFLA_PERM_ADDRESS: linkAddress,
    IFLA_IFNAME: text,
    IFLA_QDISC: text,
    IFLA_IFALIAS: text,
    IFLA_PHYS_PORT_NAME: text,
    IFLA_ALT_IFNAME: text,
    IFLA_PARENT_DEV_NAME: text,
    IFLA_PARENT_DEV_BUS_NAME: text,
    IFLA_LINK: u32,
    IFLA_MASTER: ifindex,
    IFLA_NEW_IFINDEX: ifindex,
    IFLA_STATS: record("rtnl_link_stats", { least: NO_HANDLER_32 }),
    IFLA_STATS64: stats64,
    IFLA_MAP: record("rtnl_link_ifmap", {
      fields: { mem_start: { kind: "hex" }, mem_end: { kind: "hex" }, base_addr: { kind: "hex" } },
      least: 28,
    }),
    IFLA_OPERSTATE: u8,
    IFLA_LINKMODE: u8,
    IFLA_CARRIER: u8,
    IFLA_PROTO_DOWN: u8,
    IFLA_LINKINFO: nested(info),
    IFLA_PROTINFO: protocolInfo,
    IFLA_VFINFO_LIST: nested(vfList),
    IFLA_VF_PORTS: nested(vfPorts),
    IFLA_PORT_SELF: nested(portSelf),
    IFLA_AF_SPEC: afSpec,
    IFLA_EXT_MASK: flags(F.nl_ext_filter),
    IFLA_XDP: nested(xdp),
    IFLA_EVENT: oneOfFirst(F.nl_link_events),
    IFLA_PROP_LIST: nested(properties),
    IFLA_PROTO_DOWN_REASON: nested(downReason),
  },
};

const bond3ad: Table = {
  set: F.nl_bond_3ad,
  values: Object.fromEntries(F.nl_bond_3ad.entries.map(([, n]) => [n, u64])),
};
const bondStats: Table = { set: F.nl_bond_xstats, values: { BOND_XSTATS_3AD: nested(bond3ad) } };
const bridgeStats: Table = {
  set: F.nl_bridge_xstats,
  values: {
    BRIDGE_XSTATS_VLAN: record("bridge_vlan_xstats", {
      fields: { flags: { kind: "flags", set: F.nl_bridge_vlan_flags }, pad2: { kind: "hex32" } },
    }),
    BRIDGE_XSTATS_MCAST: andMore(
      208,
      record("br_mcast_stats", {
        fields: Object.fromEntries(
          "igmp_v1queries igmp_v2queries igmp_v3queries igmp_leaves igmp_v1reports igmp_v2reports igmp_v3reports mld_v1queries mld_v2queries mld_leaves mld_v1reports mld_v2reports mcast_bytes mcast_packets"
            .split(" ")
            .map((name) => [name, bothDirections]),
        ),
      }),
    ),
    BRIDGE_XSTATS_STP: record("bridge_stp_xstats"),
  },
};
const xstats: Table = {
  set: F.nl_xstats_types,
  values: { LINK_XSTATS_TYPE_BRIDGE: nested(bridgeStats), LINK_XSTATS_TYPE_BOND: nested(bondStats) },
};
const mplsStats: Table = {
  set: F.nl_mpls_stats,
  values: { MPLS_STATS_LINK: andMore(72, record("mpls_link_stats")) },
};
const perFamilyStats: Table = {
  set: F.address_families,
  values: { AF_MPLS: nested(mplsStats) },
};

/** RTM_*STATS. */
export const statsTable: Table = {
  set: F.nl_stats_attrs,
  values: {
    IFLA_STATS_LINK_64: stats64,
    IFLA_STATS_LINK_XSTATS: nested(xstats),
    IFLA_STATS_LINK_XSTATS_SLAVE: nested(xstats),
    IFLA_STATS_LINK_OFFLOAD_XSTATS: nested({
      set: F.nl_offload_attrs,
      values: { IFLA_OFFLOAD_XSTATS_CPU_HIT: stats64 },
    }),
    IFLA_STATS_AF_SPEC: nested(perFamilyStats),
  },
};

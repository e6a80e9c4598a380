/** NETLINK_SOCK_DIAG: what ss(8) asks and hears about sockets (linux/sock_diag.h, linux/inet_diag.h …). */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import { flags, oneOf } from "../../syscalls/types/build.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, printEnum, printFlags } from "../flags.ts";
import { alwaysNumber, inetField, portField, printInterface } from "../special/addresses.ts";
import { printInstructions } from "../special/filters.ts";
import { attributes, hexString, hexText, nested, type Table, type Value } from "./attrs.ts";
import { bytecode } from "./bytecode.ts";
import * as T from "./fields.ts";
import { typed } from "./link-kinds.ts";
import { byte, type Field, fieldsOf, half, word } from "./plain-fields.ts";
import {
  AF_INET,
  AF_INET6,
  addressField,
  array,
  flagsFirst,
  oneOfAny,
  record,
  text,
  u8,
  u32,
  u64,
} from "./values.ts";

const AF_UNIX = 1;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const AF_SMC = 43;
const NLM_F_REQUEST = 1;
const TCPDIAG_GETSOCK = 18;
const DCCPDIAG_GETSOCK = 19;
const SOCKID = 48;
/** For an address of either family. */
const ROOM = 16;

const families = oneOf(F.address_families);

/** struct inet_diag_sockid, its addresses of a family. */
function socketId(c: Context, at: number, family: number): void {
  const { sink } = c;
  const { view } = c.memory;
  sink.field("id");
  sink.openStruct();
  for (const [name, offset] of [
    ["idiag_sport", 0],
    ["idiag_dport", 2],
  ] as const) {
    portField(c, name, at + offset);
  }
  for (const [name, offset] of [
    ["idiag_src", 4],
    ["idiag_dst", 20],
  ] as const) {
    if (family === AF_INET) inetField(c, name, at + offset, AF_INET, ROOM);
    else addressField(c, name, at + offset, ROOM, family);
  }
  sink.field("idiag_if");
  printInterface(c, view.getUint32(at + 36, true));
  sink.field("idiag_cookie");
  sink.word(`[${view.getUint32(at + 40, true)}, ${view.getUint32(at + 44, true)}]`);
  sink.closeStruct();
}

const family: (name: string) => Field = (name) => [
  name,
  0,
  (c, at) => printEnum(c, F.address_families, c.memory.bytes[at]),
];
const named = (set: typeof F.nl_tcp_states) => (c: Context, at: number) =>
  printEnum(c, set, c.memory.bytes[at]);

/** A message whose struct holds a socket's identity, which no table can describe. */
interface Shape {
  readonly size: number;
  readonly family: string;
  readonly before: readonly Field[];
  readonly id: number;
  readonly after: readonly Field[];
  readonly table: Table | undefined;
}

function shaped(c: Context, at: number, length: number, shape: Shape): void {
  const of = c.memory.bytes[at];
  if (length < shape.size) {
    incomplete(c, shape.family, of);
    return;
  }
  c.sink.openStruct();
  fieldsOf(c, at, [family(shape.family), ...shape.before]);
  socketId(c, at + shape.id, of === AF_SMC ? AF_INET : of);
  fieldsOf(c, at, shape.after);
  c.sink.closeStruct();
  rest(c, at, length, shape.size, shape.table);
}

function incomplete(c: Context, name: string, of: number): void {
  c.sink.openStruct();
  c.sink.field(name);
  printEnum(c, F.address_families, of);
  c.sink.item();
  c.sink.more();
  c.sink.closeStruct();
}

function rest(c: Context, at: number, length: number, size: number, table: Table | undefined): void {
  if (!table || length <= size) return;
  c.sink.item();
  attributes(c, at + size, length - size, table, { family: c.memory.bytes[at], hardware: -1, kind: "" });
}

const requestTable: Table = {
  set: F.nl_inet_diag_req,
  values: {
    INET_DIAG_REQ_BYTECODE: bytecode,
    INET_DIAG_REQ_PROTOCOL: oneOfAny(F.inet_protocols),
  },
};

const memory = array(4, F.nl_sk_meminfo);
/** include/net/sock.h, the kernel's own. */
const shutdowns: FlagSet = {
  name: "shutdown",
  fallback: "???_SHUTDOWN",
  entries: [
    [1, "RCV_SHUTDOWN"],
    [2, "SEND_SHUTDOWN"],
  ],
};
const shutdown: Value = (c, at, length) => {
  if (length > 8) return false;
  const how = c.memory.bytes[at];
  if (how === 0) c.sink.num(0);
  else alwaysNumber(c, how, flagNames(shutdowns, how), shutdowns.fallback);
  return true;
};
/** struct inet_diag_sockopt: bits, of which those that are set are shown. */
const optionBits =
  "recverr is_icsk freebind hdrincl mc_loop transparent mc_all nodefrag bind_address_no_port recverr_rfc4884 defer_connect".split(
    " ",
  );
const options: Value = (c, at, length) => {
  if (length < 2) return false;
  const bits = c.memory.view.getUint16(at, true);
  c.sink.openStruct();
  optionBits.forEach((name, i) => {
    const set = (bits >> i) & 1;
    if (set === 0 && !c.verbose) return;
    c.sink.field(name);
    c.sink.num(set);
  });
  const unused = bits >> optionBits.length;
  if (unused !== 0 || c.verbose) {
    c.sink.field("unused");
    c.sink.hex(unused, 0);
    c.sink.comment("bits 3..8");
  }
  c.sink.closeStruct();
  if (length > 2) {
    c.sink.item();
    c.sink.word(`/* bytes 2..${length - 1} */ ${hexText(c, at + 2, length - 2)}`);
  }
  return true;
};

const MEMBERSHIP = 44;
/** struct packet_diag_mclist[]. */
const memberships: Value = (c, at, length) => {
  if (length < MEMBERSHIP) return false;
  const { view } = c.memory;
  c.sink.openArray();
  for (let here = at; here + MEMBERSHIP <= at + length; here += MEMBERSHIP) {
    const octets = view.getUint16(here + 10, true);
    c.sink.item();
    c.sink.openStruct();
    c.sink.field("pdmc_index");
    printInterface(c, view.getUint32(here, true));
    fieldsOf(c, here, [
      ["pdmc_count", 4, word],
      ["pdmc_type", 8, half],
      ["pdmc_alen", 10, half],
      ["pdmc_addr", 12, (k, a) => hexString(k, a, Math.min(octets, 32))],
    ]);
    c.sink.closeStruct();
  }
  c.sink.closeArray();
  return true;
};

const inetTable: Table = {
  set: F.nl_inet_diag_attrs,
  values: typed("INET_DIAG", {
    MEMINFO: record("inet_diag_meminfo"),
    VEGASINFO: record("tcpvegas_info"),
    CONG: text,
    "TOS TCLASS SKV6ONLY": u8,
    SKMEMINFO: memory,
    SHUTDOWN: shutdown,
    DCTCPINFO: record("tcp_dctcp_info"),
    PROTOCOL: oneOfAny(F.inet_protocols),
    SOCKOPT: options,
    "MARK CLASS_ID": u32,
    BBRINFO: record("tcp_bbr_info", {
      fields: { bbr_bw_lo: { kind: "hex32" }, bbr_bw_hi: { kind: "hex32" } },
    }),
    CGROUP_ID: u64,
    ULP_INFO: nested({ set: F.nl_ulp_info, values: { INET_ULP_INFO_NAME: text } }),
    SK_BPF_STORAGES: nested({
      set: F.nl_bpf_storage_rep,
      values: {
        SK_DIAG_BPF_STORAGE: nested({ set: F.nl_bpf_storage, values: { SK_DIAG_BPF_STORAGE_MAP_ID: u32 } }),
      },
    }),
  }),
};
const unixTable: Table = {
  set: F.nl_unix_diag_attrs,
  values: typed("UNIX_DIAG", {
    NAME: text,
    VFS: record("unix_diag_vfs", {
      fields: { udiag_vfs_ino: undefined, udiag_vfs_dev: { kind: "dev" } },
      rest: (c, at) => fieldsOf(c, at, [["udiag_vfs_ino", 0, word]]),
    }),
    PEER: u32,
    ICONS: array(4),
    RQLEN: record("unix_diag_rqlen"),
    MEMINFO: memory,
    SHUTDOWN: u8,
    UID: u32,
  }),
};
const groups: Value = (c, at, length) => {
  if (length < 8) return false;
  c.sink.openArray();
  for (let i = 0; i + 8 <= length; i += 8) {
    c.sink.item();
    const bits = c.memory.view.getBigUint64(at + i, true);
    c.sink.word(bits === 0n ? "0".repeat(16) : `0x${bits.toString(16).padStart(14, "0")}`);
  }
  c.sink.closeArray();
  return true;
};
const netlinkTable: Table = {
  set: F.nl_netlink_diag_attrs,
  values: typed("NETLINK_DIAG", {
    MEMINFO: memory,
    GROUPS: groups,
    "RX_RING TX_RING": record("netlink_diag_ring"),
    FLAGS: flagsFirst(F.nl_netlink_diag_flags),
  }),
};
/** A socket's classic BPF program. */
const filter: Value = (c, at, length) => {
  if (length < 8 || !c.verbose) return false;
  printInstructions(c, at, Math.floor(length / 8));
  return true;
};
const packetTable: Table = {
  set: F.nl_packet_diag_attrs,
  values: typed("PACKET_DIAG", {
    INFO: record("packet_diag_info", {
      fields: {
        pdi_index: T.interfaceIndex,
        pdi_version: oneOf(F.nl_tpacket_versions),
        pdi_flags: flags(F.nl_packet_diag_flags),
      },
    }),
    MCLIST: memberships,
    "RX_RING TX_RING": record("packet_diag_ring"),
    "FANOUT UID": u32,
    MEMINFO: memory,
    FILTER: filter,
  }),
};
const smcTable: Table = { set: F.nl_smc_diag_attrs, values: {} };

const types = oneOf(F.socket_types);
const states = named(F.nl_tcp_states);
const stateBits: (offset: number, name: string) => Field = (offset, name) => [
  name,
  offset,
  (c, at) => T.printStates(c, c.memory.view.getUint32(at, true)),
];
const extension: Field = ["idiag_ext", 2, (c, at) => T.printExtensions(c, c.memory.bytes[at])];

const inetRequest: Shape = {
  size: 8 + SOCKID,
  family: "sdiag_family",
  before: [["sdiag_protocol", 1, named(F.inet_protocols)], extension, stateBits(4, "idiag_states")],
  id: 8,
  after: [],
  table: requestTable,
};
const oldRequest: Shape = {
  size: 4 + SOCKID + 8,
  family: "idiag_family",
  before: [
    ["idiag_src_len", 1, byte],
    ["idiag_dst_len", 2, byte],
    ["idiag_ext", 3, (c, at) => T.printExtensions(c, c.memory.bytes[at])],
  ],
  id: 4,
  after: [stateBits(4 + SOCKID, "idiag_states"), ["idiag_dbs", 8 + SOCKID, word]],
  table: requestTable,
};
const inetReply: Shape = {
  size: 4 + SOCKID + 20,
  family: "idiag_family",
  before: [
    ["idiag_state", 1, states],
    ["idiag_timer", 2, byte],
    ["idiag_retrans", 3, byte],
  ],
  id: 4,
  after: (["expires", "rqueue", "wqueue", "uid", "inode"] as const).map(
    (name, i) => [`idiag_${name}`, 4 + SOCKID + 4 * i, word] as const,
  ),
  table: inetTable,
};

interface Plain {
  readonly family: string;
  readonly value: Value;
  readonly size: number;
  readonly table: Table | undefined;
}
const cookie = T.twoWords;
const requests: ReadonlyMap<number, Plain> = new Map([
  [
    AF_UNIX,
    {
      family: "sdiag_family",
      size: 24,
      table: undefined,
      value: record("unix_diag_req", {
        fields: {
          sdiag_family: families,
          udiag_states: T.stateSet,
          udiag_show: flags(F.nl_unix_diag_show),
          udiag_cookie: cookie,
        },
      }),
    },
  ],
  [
    AF_NETLINK,
    {
      family: "sdiag_family",
      size: 20,
      table: undefined,
      value: record("netlink_diag_req", {
        fields: {
          sdiag_family: families,
          sdiag_protocol: T.netlinkProtocol,
          ndiag_show: flags(F.nl_netlink_diag_show),
          ndiag_cookie: cookie,
        },
      }),
    },
  ],
  [
    AF_PACKET,
    {
      family: "sdiag_family",
      size: 20,
      table: undefined,
      value: record("packet_diag_req", {
        fields: {
          sdiag_family: families,
          sdiag_protocol: T.packetProtocol,
          pdiag_show: flags(F.nl_packet_diag_show),
          pdiag_cookie: cookie,
        },
      }),
    },
  ],
]);
const replies: ReadonlyMap<number, Plain> = new Map([
  [
    AF_UNIX,
    {
      family: "udiag_family",
      size: 16,
      table: unixTable,
      value: record("unix_diag_msg", {
        fields: {
          udiag_family: families,
          udiag_type: types,
          udiag_state: oneOf(F.nl_tcp_states),
          udiag_cookie: cookie,
        },
      }),
    },
  ],
  [
    AF_NETLINK,
    {
      family: "ndiag_family",
      size: 28,
      table: netlinkTable,
      value: record("netlink_diag_msg", {
        fields: {
          ndiag_family: families,
          ndiag_type: types,
          ndiag_protocol: oneOf(F.netlink_protocols),
          ndiag_state: oneOf(F.nl_netlink_states),
          ndiag_cookie: cookie,
        },
      }),
    },
  ],
  [
    AF_PACKET,
    {
      family: "pdiag_family",
      size: 16,
      table: packetTable,
      value: record("packet_diag_msg", {
        fields: {
          pdiag_family: families,
          pdiag_type: types,
          pdiag_num: oneOf(F.nl_ether_types),
          pdiag_cookie: cookie,
        },
      }),
    },
  ],
]);

const smcRequest: Shape = {
  size: 4 + SOCKID,
  family: "diag_family",
  before: [["diag_ext", 3, (c, at) => printFlags(c, F.nl_smc_extensions, c.memory.bytes[at])]],
  id: 4,
  after: [],
  table: undefined,
};

/** Prints what follows the header of a message of NETLINK_SOCK_DIAG. */
export function diagMessage(c: Context, type: number, nlFlags: number, at: number, length: number): boolean {
  const of = c.memory.bytes[at];
  const request = (nlFlags & NLM_F_REQUEST) !== 0;
  if (!enumName(F.nl_diag_types, type)) return false;
  const inet = of === AF_INET || of === AF_INET6;
  const plain = (request ? requests : replies).get(of);
  if (length === 1 || (!inet && !plain && of !== AF_SMC)) {
    c.sink.openStruct();
    c.sink.field("family");
    printEnum(c, F.address_families, of);
    if (length > 1) {
      c.sink.field("data");
      hexString(c, at + 1, length - 1);
    }
    c.sink.closeStruct();
  } else if (inet) {
    const old = type === TCPDIAG_GETSOCK || type === DCCPDIAG_GETSOCK;
    shaped(c, at, length, !request ? inetReply : old ? oldRequest : inetRequest);
  } else if (plain) {
    const scope = { family: of, hardware: -1, kind: "" };
    if (plain.value(c, at, length, scope)) rest(c, at, length, plain.size, plain.table);
    else incomplete(c, plain.family, of);
  } else if (request) shaped(c, at, length, smcRequest);
  else smcReply(c, at, length);
  return true;
}

const SMC_REPLY = 64;
const smcModes = ["SMC_DIAG_MODE_SMCR", "SMC_DIAG_MODE_FALLBACK_TCP", "SMC_DIAG_MODE_SMCD"];
function smcReply(c: Context, at: number, length: number): void {
  shaped(c, at, length, {
    size: SMC_REPLY,
    family: "diag_family",
    before: [
      ["diag_state", 1, named(F.nl_smc_states)],
      [
        "diag_fallback",
        2,
        (k, a) => k.sink.xlat(k.memory.bytes[a], 0, smcModes[k.memory.bytes[a]], "SMC_DIAG_MODE_???", "hex"),
      ],
      ["diag_shutdown", 3, byte],
    ],
    id: 4,
    after: [
      ["diag_uid", 4 + SOCKID, word],
      ["diag_inode", 8 + SOCKID, (k, a) => k.sink.word(String(k.memory.view.getBigUint64(a, true)))],
    ],
    table: smcTable,
  });
}

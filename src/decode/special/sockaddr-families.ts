/** Socket addresses of the rarer families, by the kernel's headers (linux/ax25.h, linux/if_alg.h, bluetooth.h …). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, printEnum, printFlags } from "../flags.ts";
import {
  alwaysNumber,
  hardwareField,
  octets,
  portField,
  printInterface,
  quotedHex,
  symbolic,
  zeroPadded,
} from "./addresses.ts";
import { ax25Full } from "./ax25.ts";
import { type Family, inet, inet6Family, rawAddress } from "./sockaddr-inet.ts";

const zeros = (c: Context, at: number, length: number): boolean =>
  c.memory.bytes.subarray(at, at + length).every((b) => b === 0);

/** Prints `name=` and the text up to a NUL in `size` bytes, `...` where there is none. */
function textField(c: Context, name: string, at: number, size: number): void {
  const end = c.memory.bytes.subarray(at, at + size).indexOf(0);
  c.sink.field(name);
  // the last byte should be a NUL and is never shown
  c.sink.str(c.memory.bytes, at, end < 0 ? size - 1 : end, end < 0);
}

function hexField(c: Context, name: string, value: number): void {
  c.sink.field(name);
  c.sink.hex(value >>> 0, 0);
}

const ipx: Family = {
  least: 16,
  print(c, at) {
    const { sink, memory } = c;
    portField(c, "sipx_port", at + 2);
    sink.field("sipx_network");
    const network = memory.view.getUint32(at + 4);
    sink.word(`htonl(${network === 0 ? "0" : `0x${network.toString(16)}`})`);
    sink.field("sipx_node");
    const node = Array.from({ length: 6 }, (_, i) => zeroPadded(memory.bytes[at + 8 + i], 2));
    sink.word(`[${node.join(", ")}]`);
    sink.field("sipx_type");
    sink.word(zeroPadded(memory.bytes[at + 14], 2));
    if (memory.bytes[at + 15] !== 0) hexField(c, "sipx_zero", memory.bytes[at + 15]);
  },
};

const x25: Family = {
  least: 18,
  print(c, at) {
    c.sink.field("sx25_addr");
    c.sink.openStruct();
    textField(c, "x25_addr", at + 2, 16);
    c.sink.closeStruct();
  },
};

/** A number of L2CAP by its name, or by its distance from where the dynamic ones begin. */
function l2cap(c: Context, value: number, name: string | undefined, fallback: string): void {
  const hex = value === 0 ? "0" : `0x${value.toString(16)}`;
  const style = c.options.xlat;
  if (style === "raw") c.sink.word(`htobs(${hex})`);
  else if (style === "abbrev" && name !== undefined) c.sink.word(`htobs(${name})`);
  else c.sink.word(`htobs(${hex} /* ${name ?? fallback} */)`);
}
function psmName(psm: number): string | undefined {
  const name = enumName(F.bluetooth_psms, psm);
  if (name) return name;
  if (psm >= 0x80 && psm <= 0xff) return `L2CAP_PSM_LE_DYN_START+${psm - 0x80}`;
  return psm >= 0x1001 ? `L2CAP_PSM_DYN_START+${psm - 0x1001}` : undefined;
}
function cidName(cid: number): string | undefined {
  return enumName(F.bluetooth_cids, cid) ?? (cid >= 0x40 ? `L2CAP_CID_DYN_START+${cid - 0x40}` : undefined);
}

/** Which of Bluetooth's addresses it is only its length says. */
const bluetooth: Family = {
  least: 3,
  print(c, at, length) {
    const { sink, memory } = c;
    const { view } = memory;
    if (length === 4 || length === 6) {
      sink.field("hci_dev");
      sink.word(`htobs(${view.getUint16(at + 2, true)})`);
      if (length === 6) {
        sink.field("hci_channel");
        printEnum(c, F.hci_channels, view.getUint16(at + 4, true));
      }
    } else if (length === 8) hardwareField(c, "sco_bdaddr", at + 2, 6);
    else if (length === 10) {
      hardwareField(c, "rc_bdaddr", at + 2, 6);
      sink.field("rc_channel");
      sink.num(memory.bytes[at + 8]);
    } else if (length === 12 || length === 14) {
      sink.field("l2_psm");
      const psm = view.getUint16(at + 2, true);
      l2cap(c, psm, psmName(psm), F.bluetooth_psms.fallback);
      hardwareField(c, "l2_bdaddr", at + 4, 6);
      sink.field("l2_cid");
      const cid = view.getUint16(at + 10, true);
      l2cap(c, cid, cidName(cid), F.bluetooth_cids.fallback);
      if (length === 14) {
        sink.field("l2_bdaddr_type");
        printEnum(c, F.bluetooth_address_types, memory.bytes[at + 12]);
      }
    } else rawAddress(c, at, length);
  },
};

const RXRPC_TRANSPORT = 8;
const transports: ReadonlyMap<number, readonly [string, Family]> = new Map([
  [2, ["sin", inet]],
  [10, ["sin6", inet6Family]],
]);
const rxrpc: Family = {
  least: 36,
  print(c, at, length) {
    const { sink, memory } = c;
    const { view } = memory;
    const service = view.getUint16(at + 2, true);
    sink.field("srx_service");
    alwaysNumber(c, service, enumName(F.rxrpc_services, service), F.rxrpc_services.fallback);
    sink.field("transport_type");
    printEnum(c, F.socket_types, view.getUint16(at + 4, true));
    const claimed = view.getUint16(at + 6, true);
    sink.field("transport_len");
    sink.num(claimed);
    sink.field("transport");
    sink.openStruct();
    const inner = at + RXRPC_TRANSPORT;
    const room = Math.min(claimed, length - RXRPC_TRANSPORT);
    const family = view.getUint16(inner, true);
    const known = transports.get(family);
    if (known) {
      sink.field(known[0]);
      sink.openStruct();
    }
    sink.field(known ? `${known[0]}_family` : "family");
    printEnum(c, F.address_families, family);
    if (known && claimed >= known[1].least) known[1].print(c, inner, room);
    else if (room > 2) {
      sink.item();
      sink.str(memory.bytes, inner + 2, room - 2, false);
    }
    if (known) sink.closeStruct();
    sink.closeStruct();
  },
};

const ieee802154: Family = {
  least: 20,
  print(c, at) {
    const { sink, memory } = c;
    const { view } = memory;
    const kind = view.getInt32(at + 4, true);
    const network = view.getUint16(at + 8, true);
    sink.field("addr");
    sink.openStruct();
    sink.field("addr_type");
    alwaysNumber(c, kind, enumName(F.ieee802154_address_types, kind), F.ieee802154_address_types.fallback);
    sink.field("pan_id");
    alwaysNumber(c, network, enumName(F.ieee802154_networks, network), "");
    const address = at + 10;
    if (kind === 2) {
      const short = view.getUint16(address, true);
      sink.field("short_addr");
      alwaysNumber(c, short, enumName(F.ieee802154_addresses, short), "");
    } else if (kind !== 0) {
      sink.field("hwaddr");
      symbolic(c, address, 8, octets(c, address, 8));
    }
    sink.closeStruct();
  },
};

function algFlags(c: Context, name: string, at: number): void {
  const value = c.memory.view.getUint32(at, true);
  c.sink.field(name);
  if (value === 0) c.sink.num(0);
  else alwaysNumber(c, value, flagNames(F.alg_flags, value), F.alg_flags.fallback);
}
const ALG_NAME = 24;
const alg: Family = {
  least: ALG_NAME + 1,
  print(c, at, length) {
    textField(c, "salg_type", at + 2, 14);
    algFlags(c, "salg_feat", at + 16);
    algFlags(c, "salg_mask", at + 20);
    textField(c, "salg_name", at + ALG_NAME, length - ALG_NAME);
  },
};

const NFC_NAME = 63;
const nfc: Family = {
  least: 16,
  print(c, at, length) {
    const { sink, memory } = c;
    const { view, bytes } = memory;
    sink.field("dev_idx");
    printInterface(c, view.getUint32(at + 4, true));
    hexField(c, "target_idx", view.getUint32(at + 8, true));
    sink.field("nfc_protocol");
    printEnum(c, F.nfc_address_protocols, view.getUint32(at + 12, true));
    const wide = c.wordSize === 8;
    if (length < (wide ? 96 : 88)) {
      if (length > 16) {
        sink.item();
        sink.more();
      }
      return;
    }
    for (const [i, name] of ["dsap", "ssap"].entries()) {
      sink.field(name);
      alwaysNumber(c, bytes[at + 16 + i], enumName(F.nfc_saps, bytes[at + 16 + i]), "");
    }
    const size = wide
      ? [view.getUint32(at + 88, true), view.getUint32(at + 92, true)]
      : [view.getUint32(at + 84, true), 0];
    sink.field("service_name");
    sink.str(bytes, at + 18, size[1] !== 0 ? NFC_NAME : Math.min(NFC_NAME, size[0]), false);
    sink.field("service_name_len");
    sink.ulong(size[0], size[1]);
  },
};

const vsock: Family = {
  least: 16,
  print(c, at) {
    const { sink, memory } = c;
    const { view } = memory;
    const reserved = view.getUint16(at + 2, true);
    if (reserved !== 0) hexField(c, "svm_reserved1", reserved);
    sink.field("svm_cid");
    printEnum(c, F.vsock_cids, view.getUint32(at + 8, true));
    sink.field("svm_port");
    printEnum(c, F.vsock_ports, view.getUint32(at + 4, true));
    sink.field("svm_flags");
    printFlags(c, F.vsock_flags, memory.bytes[at + 12]);
    if (!zeros(c, at + 13, 3)) {
      sink.field("svm_zero");
      sink.word(quotedHex(c, at + 13, 3));
    }
  },
};

const qrtr: Family = {
  least: 12,
  print(c, at) {
    const { view } = c.memory;
    c.sink.field("sq_node");
    printEnum(c, F.qrtr_nodes, view.getUint32(at + 4, true));
    c.sink.field("sq_port");
    printEnum(c, F.qrtr_ports, view.getUint32(at + 8, true));
  },
};

const XDP_SHARED_UMEM = 1;
const xdp: Family = {
  least: 16,
  print(c, at) {
    const { sink } = c;
    const { view } = c.memory;
    const flags = view.getUint16(at + 2, true);
    sink.field("sxdp_flags");
    printFlags(c, F.xdp_address_flags, flags);
    sink.field("sxdp_ifindex");
    printInterface(c, view.getUint32(at + 4, true));
    sink.field("sxdp_queue_id");
    sink.num(view.getUint32(at + 8, true));
    const shared = view.getInt32(at + 12, true);
    if (flags & XDP_SHARED_UMEM) {
      sink.field("sxdp_shared_umem_fd");
      c.fd(shared);
    } else if (shared !== 0) hexField(c, "sxdp_shared_umem_fd", shared);
  },
};

const mctp: Family = {
  least: 12,
  print(c, at) {
    const { sink, memory } = c;
    const { view, bytes } = memory;
    const pad = view.getUint16(at + 2, true);
    if (pad !== 0) hexField(c, "__smctp_pad0", pad);
    sink.field("smctp_network");
    printEnum(c, F.mctp_networks, view.getUint32(at + 4, true));
    sink.field("smctp_addr");
    sink.openStruct();
    sink.field("s_addr");
    printEnum(c, F.mctp_addresses, bytes[at + 8]);
    sink.closeStruct();
    hexField(c, "smctp_type", bytes[at + 9]);
    hexField(c, "smctp_tag", bytes[at + 10]);
    if (bytes[at + 11] !== 0) hexField(c, "__smctp_pad1", bytes[at + 11]);
  },
};

export const rareFamilies: readonly (readonly [number, Family])[] = [
  [3, ax25Full],
  [4, ipx],
  [9, x25],
  [31, bluetooth],
  [33, rxrpc],
  [36, ieee802154],
  [38, alg],
  [39, nfc],
  [40, vsock],
  [42, qrtr],
  [44, xdp],
  [45, mctp],
];

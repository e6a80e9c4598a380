/** Netlink messages (struct nlmsghdr, linux/netlink.h) in what is sent to and received from a netlink socket. */
import { errnoName } from "../../abi/errno.ts";
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, hexText } from "../flags.ts";
import { addHi, addLo } from "../pointers.ts";
import { attributes, hexString, records, type Table } from "./attrs.ts";
import { diagMessage } from "./diag.ts";
import { NETFILTER_MESSAGE, netfilterMessage, netfilterType } from "./netfilter.ts";
import { routeMessage } from "./route-messages.ts";
import { deviceEvent } from "./uevent.ts";
import { text, u32 } from "./values.ts";

const HEADER = 16;
/** Of a buffer no more is looked at. */
const LONGEST = 1 << 20;
const ROUTE = 0;
const SOCK_DIAG = 4;
const NETFILTER = 12;
const GENERIC = 16;
const SELINUX = 7;
const UEVENT = 15;
/** Messages below this type are netlink's own. */
const FIRST_OF_FAMILY = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** Names of message types by netlink family. */
const types: ReadonlyMap<number, FlagSet> = new Map([
  [ROUTE, F.nl_route_types],
  [SOCK_DIAG, F.nl_diag_types],
  [6, F.nl_xfrm_types],
  [7, F.nl_selinux_types],
  [9, F.nl_audit_types],
  [21, F.nl_crypto_types],
]);

/** The generic flags and those a kind of message gives the upper bits. */
const withFlags = (set: FlagSet): FlagSet => ({
  ...F.nl_flags,
  entries: [...F.nl_flags.entries, ...set.entries],
});
const flagSets = {
  GET: withFlags(F.nl_flags_get),
  NEW: withFlags(F.nl_flags_new),
  DEL: withFlags(F.nl_flags_delete),
  ERROR: withFlags(F.nl_flags_ack),
  other: F.nl_flags,
};

/** The last two bits of a type of NETLINK_ROUTE say what it does: new, delete, get, set. */
const routeFlags = [flagSets.NEW, flagSets.DEL, flagSets.GET, flagSets.other];

/** Which flags a message of this name can have. */
function flagsOf(family: number, type: number, name: string | undefined): FlagSet {
  if (type === NLMSG_ERROR) return flagSets.ERROR;
  if (type < FIRST_OF_FAMILY) return flagSets.other;
  if (family === SOCK_DIAG || name === "RTM_DELACTION") return flagSets.GET;
  if (family === ROUTE) return routeFlags[type & 3];
  if (name === undefined) return flagSets.other;
  const verb = /^(?:XFRM_MSG_|CRYPTO_MSG_)(NEW|DEL|GET)(?!DEFAULT)/.exec(name)?.[1];
  return verb === undefined ? flagSets.other : flagSets[verb as "NEW"];
}

function typeName(c: Context, family: number, type: number): string | undefined {
  if (type < FIRST_OF_FAMILY) return enumName(F.nl_types, type);
  if (family === GENERIC) return c.options.genericName?.(type);
  const set = types.get(family);
  return set && enumName(set, type);
}

function header(c: Context, family: number, at: number): void {
  const { sink, memory } = c;
  const { view } = memory;
  const type = view.getUint16(at + 4, true);
  sink.openStruct();
  sink.field("nlmsg_len");
  sink.num(view.getUint32(at, true));
  sink.field("nlmsg_type");
  let set: FlagSet;
  if (family === NETFILTER && type >= FIRST_OF_FAMILY) set = withNetfilter(netfilterType(c, type));
  else {
    const name = typeName(c, family, type);
    set = flagsOf(family, type, name);
    const fallback = type < FIRST_OF_FAMILY ? undefined : types.get(family)?.fallback;
    sink.xlat(
      type,
      0,
      name,
      fallback ??
        (family === GENERIC && type >= FIRST_OF_FAMILY ? "GENERIC_FAMILY_???" : F.nl_types.fallback),
      "hex",
    );
  }
  sink.field("nlmsg_flags");
  const flags = view.getUint16(at + 6, true);
  if (flags === 0) sink.num(0);
  else sink.xlat(flags, 0, flagNames(set, flags), set.fallback, "hex");
  sink.field("nlmsg_seq");
  sink.num(view.getUint32(at + 8, true));
  sink.field("nlmsg_pid");
  c.pid(view.getInt32(at + 12, true));
  sink.closeStruct();
}
const withNetfilter = (verb: "GET" | "NEW" | "DEL" | undefined): FlagSet => flagSets[verb ?? "other"];

const errorTable: Table = {
  set: F.nl_error_attrs,
  values: {
    NLMSGERR_ATTR_MSG: text,
    NLMSGERR_ATTR_OFFS: u32,
    NLMSGERR_ATTR_COOKIE: (c, at, length) => {
      hexString(c, at, length);
      return true;
    },
    NLMSGERR_ATTR_POLICY: (c, at, length, scope) => {
      attributes(c, at, length, policyTable, scope);
      return true;
    },
    NLMSGERR_ATTR_MISS_NEST: u32,
  },
};
const policyTable: Table = { set: F.nl_policy_attrs, values: {} };
const nowhere = () => ({ family: 0, hardware: -1, kind: "" });

/** struct nlmsgerr: an errno, the request it is about, and what the kernel has to say about it. */
function errorMessage(c: Context, family: number, at: number, length: number, capped: boolean): void {
  const { sink } = c;
  const { view } = c.memory;
  if (length < 4 + HEADER) {
    hexString(c, at, length);
    return;
  }
  const error = view.getInt32(at, true);
  const request = view.getUint32(at + 4, true);
  const whole = capped ? HEADER : Math.min(Math.max(request, HEADER), length - 4);
  const from = 4 + ((whole + 3) & ~3);
  const extended = length > from;
  if (extended) {
    sink.openArray();
    sink.item();
  }
  sink.openStruct();
  sink.field("error");
  const name = error < 0 ? errnoName(-error) : undefined;
  if (name === undefined) sink.num(error);
  else sink.xlat(error, 0, `-${name}`, "", "dec");
  sink.field("msg");
  message(c, family, at + 4, whole, true);
  sink.closeStruct();
  if (extended) {
    sink.item();
    attributes(c, at + from, length - from, errorTable, nowhere());
    sink.closeArray();
  }
}

/** One message of `length` bytes; `quoted` when it stands in an error. */
function message(c: Context, family: number, at: number, length: number, quoted: boolean): void {
  const payload = length - HEADER;
  if (payload > 0) {
    c.sink.openArray();
    c.sink.item();
  }
  header(c, family, at);
  if (payload <= 0) return;
  c.sink.item();
  body(c, family, at, payload, quoted);
  c.sink.closeArray();
}

function body(c: Context, family: number, at: number, length: number, quoted: boolean): void {
  const { view } = c.memory;
  const type = view.getUint16(at + 4, true);
  const flags = view.getUint16(at + 6, true);
  const from = at + HEADER;
  if (type === NLMSG_ERROR && !quoted) errorMessage(c, family, from, length, (flags & 0x100) !== 0);
  else if (type === NLMSG_DONE && length === 4) c.sink.num(view.getInt32(from, true));
  else if (type < FIRST_OF_FAMILY) hexString(c, from, length);
  else if (family === ROUTE) routeMessage(c, type, from, length);
  else if (family === SOCK_DIAG && diagMessage(c, type, flags, from, length)) return;
  else if (family === NETFILTER && type >= NETFILTER_MESSAGE) netfilterMessage(c, type, from, length);
  else if (family === SELINUX && length >= 4 && types.get(family)?.entries.some(([t]) => t === type)) {
    c.sink.openStruct();
    c.sink.field(type === FIRST_OF_FAMILY ? "val" : "seqno");
    if (type === FIRST_OF_FAMILY) c.sink.num(view.getInt32(from, true));
    else c.sink.num(view.getUint32(from, true));
    c.sink.closeStruct();
  } else hexString(c, from, length);
}

/**
 * Prints what a netlink socket of a family transferred; false when these bytes were not captured or are too few
 * for a message.
 */
export function printNetlink(c: Context, family: number, lo: number, hi: number, length: number): boolean {
  const at = c.memory.read(lo, hi, Math.min(length, LONGEST));
  if (at < 0) return false;
  // as far as there is memory, unless there would be more than was copied
  const { got } = c.memory;
  if (got < length && (got < HEADER || c.memory.cut(lo))) return false;
  if (family === UEVENT) return got === length && deviceEvent(c, at, length);
  if (length < HEADER) hexString(c, at, length);
  else
    records(
      c,
      at,
      length,
      HEADER,
      (here) => c.memory.view.getUint32(here, true),
      (here, size) => message(c, family, here, size, false),
      got,
      (offset) => hexText(addLo(lo, offset), addHi(lo, hi, offset)),
    );
  return true;
}

/** A socket as strace -yy names it. */
import { readlinkSync } from "node:fs";
import { inetSocket, netlinkSocket, socketProtocol, type Unfound, unixSocketOf } from "./sock-diag.ts";
import { inetEntry, netlinkEntry, unixEntry } from "./socket-tables.ts";

/** How parts of a socket's text are written. */
export interface SocketWords {
  /** Makes bytes of a name fit between quotes. */
  quotable(name: Uint8Array): string;
  /** `ROUTE` for NETLINK_ROUTE's number; undefined for a family without a name. */
  netlinkFamily(family: number): string | undefined;
}

/** What stands behind the protocol's name and a colon, undefined if nothing is known. */
type Find = (tid: number, inode: number, words: SocketWords) => string | undefined;

const AF_INET = 2;
const AF_INET6 = 10;

const finders: ReadonlyMap<string, Find | undefined> = new Map<string, Find | undefined>([
  ["UNIX", unix],
  ["UNIX-STREAM", unix],
  ["TCP", inet(AF_INET, 6, "tcp")],
  ["UDP", inet(AF_INET, 17, "udp")],
  ["UDPLITE", inet(AF_INET, 136, "udplite")],
  ["DCCP", inet(AF_INET, 33)],
  ["SCTP", inet(AF_INET, 132)],
  ["L2TP/IP", undefined],
  ["PING", undefined],
  ["RAW", inet(AF_INET, 255, "raw")],
  ["TCPv6", inet(AF_INET6, 6, "tcp6")],
  ["UDPv6", inet(AF_INET6, 17, "udp6")],
  ["UDPLITEv6", inet(AF_INET6, 136, "udplite6")],
  ["DCCPv6", inet(AF_INET6, 33)],
  ["SCTPv6", inet(AF_INET6, 132)],
  ["L2TP/IPv6", undefined],
  ["PINGv6", undefined],
  ["RAWv6", inet(AF_INET6, 255, "raw6")],
  ["NETLINK", netlink],
]);
/** As which sockets of other protocols may be listed: MPTCP's are by their TCP connections. */
const OTHERS = ["TCP", "TCPv6"];

/** As many as strace remembers, and which of them it forgets: its text is ours as long as that is the same. */
const REMEMBERED = 1024;
const remembered: ({ readonly inode: number; readonly text: string } | undefined)[] = [];

/**
 * `TCP:[127.0.0.1:80->127.0.0.1:4000]`, `UNIX-STREAM:[123->124,"/run/x"]`, `NETLINK:[ROUTE:4711]` for the socket that `fd` of
 * thread `tid` is, by its inode. Without a peer or name, `TCP:[123]`; undefined if its protocol is none that is known.
 *
 * What has been found is not looked for again, as in strace: a socket that was bound when it was first seen keeps its text when
 * it is connected.
 */
export function socketText(tid: number, fd: number, inode: number, words: SocketWords): string | undefined {
  const slot = inode % REMEMBERED;
  const known = remembered[slot];
  if (known?.inode === inode) return known.text;
  const protocol = socketProtocol(tid, fd);
  const named = protocol !== undefined && finders.has(protocol);
  const names = protocol === undefined ? finders.keys() : named ? [protocol] : OTHERS;
  for (const name of names) {
    const details = finders.get(name)?.(tid, inode, words);
    if (details === undefined) continue;
    const text = `${name}:[${details}]`;
    remembered[slot] = { inode, text };
    return text;
  }
  return named ? `${protocol}:[${inode}]` : undefined;
}

function inet(family: number, protocol: number, table?: string): Find {
  return (tid, inode) => {
    const found = inetSocket(family, protocol, inode);
    const socket = orElsewhere(tid, found, () => (table ? inetEntry(tid, table, inode) : undefined));
    return socket && (socket.remote === undefined ? socket.local : `${socket.local}->${socket.remote}`);
  };
}

function unix(tid: number, inode: number, { quotable }: SocketWords): string | undefined {
  const found = unixSocketOf(inode);
  const socket = typeof found === "string" ? unixEntry(tid, inode) : found;
  if (!socket) return undefined;
  const { peer, name } = socket;
  if (peer === 0 && name.length === 0) return undefined;
  let text = peer === 0 ? String(inode) : `${inode}->${peer}`;
  if (name.length > 0) {
    const abstract = name[0] === 0;
    const from = abstract ? 1 : 0;
    const end = name.indexOf(0, from);
    text += `,${abstract ? "@" : ""}"${quotable(name.slice(from, end < 0 ? name.length : end))}"`;
  }
  return text;
}

function netlink(tid: number, inode: number, { netlinkFamily }: SocketWords): string | undefined {
  const socket = orElsewhere(tid, netlinkSocket(inode), () => netlinkEntry(tid, inode));
  if (!socket) return undefined;
  const family = netlinkFamily(socket.family);
  return family === undefined ? String(socket.family) : `${family}:${socket.port}`;
}

/** What was found, or what `look` finds in the tables of the thread's network namespace, where that may know more. */
function orElsewhere<T extends object>(
  tid: number,
  found: T | Unfound,
  look: () => T | undefined,
): T | undefined {
  if (typeof found !== "string") return found;
  return found === "silent" || namespaceOf(tid) !== namespaceOf("self") ? look() : undefined;
}

function namespaceOf(tid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${tid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** What the kernel says of the sockets of our own network namespace (sock_diag(7), linux/{inet,unix,netlink}_diag.h). */
import { inet6 } from "../base/inet.ts";
import { addressOf, libc } from "./ffi.ts";
import { ask, attributes, NLMSG_ERROR, NLMSG_HEADER } from "./netlink-request.ts";

const getxattr = libc(
  "long getxattr(const char *path, const char *name, uintptr_t value, unsigned long size)",
);

const AF_UNIX = 1;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_SOCK_DIAG = 4;

const protocol = Buffer.alloc(64);
const protocolAt = addressOf(protocol);

/**
 * Name of the protocol of the socket that `fd` of thread `tid` is: `TCP`, `UNIX-STREAM`, `NETLINK` …; undefined for anything
 * else, and where the kernel does not tell. net/socket.c: sockfs_xattr_get.
 */
export function socketProtocol(tid: number, fd: number): string | undefined {
  const path = `/proc/${tid}/fd/${fd}`;
  const length = Number(getxattr(path, "system.sockprotoname", protocolAt, protocol.length));
  if (length <= 0) return undefined;
  const end = protocol.indexOf(0);
  return protocol.toString("latin1", 0, end < 0 || end > length ? length : end);
}

/** `absent`: of our network namespace no such socket is listed. `silent`: the kernel does not answer. */
export type Unfound = "absent" | "silent";

const SOCK_DIAG_BY_FAMILY = 20;

/** Dumps (family, protocol) that were refused: asked for again, the kernel might look for a module again. */
const refused = new Set<number>();

/**
 * Sends a request and hands what comes back to `parse`, message by message, until that finds what is looked for. The kernel does
 * not look for inodes of IP and netlink sockets: of those all are asked for.
 */
function query<T>(
  request: Buffer,
  dump: boolean,
  least: number,
  parse: (message: Buffer) => T | undefined,
): T | Unfound {
  const kind = (request[NLMSG_HEADER] << 8) | request[NLMSG_HEADER + 1];
  if (dump && refused.has(kind)) return "silent";
  let found: T | Unfound | undefined;
  ask(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, dump, request, (type, message) => {
    if (type === NLMSG_ERROR) {
      if (dump) refused.add(kind);
      found = "silent";
    } else if (type !== SOCK_DIAG_BY_FAMILY) found = "absent";
    else if (message.length >= least) found = parse(message);
    return found !== undefined || !dump;
  });
  return found ?? "silent";
}

const ANY_STATE = 0xffffffff;
/** struct inet_diag_msg: the ports and addresses of its struct inet_diag_sockid, and the inode at its end. */
const INET = { size: 72, sport: 4, dport: 6, src: 8, dst: 24, inode: 68 };

/**
 * Addresses of an IP socket, `127.0.0.1:80` or `[::1]:80`; no `remote` if it has none. `family`: AF_INET or AF_INET6;
 * `protocol`: IPPROTO_TCP …
 */
export function inetSocket(
  family: number,
  protocol: number,
  inode: number,
): { local: string; remote: string | undefined } | Unfound {
  // struct inet_diag_req_v2
  const request = Buffer.alloc(NLMSG_HEADER + 56);
  request[NLMSG_HEADER] = family;
  request[NLMSG_HEADER + 1] = protocol;
  request.writeUInt32LE(ANY_STATE, NLMSG_HEADER + 4);
  return query(request, true, INET.size, (m) => {
    if (m.readUInt32LE(INET.inode) !== inode) return undefined;
    const endpoint = (address: number, port: number) =>
      m[0] === AF_INET6
        ? `[${inet6(m.subarray(address, address + 16))}]:${m.readUInt16BE(port)}`
        : `${m.subarray(address, address + 4).join(".")}:${m.readUInt16BE(port)}`;
    const to = m.subarray(INET.dst, INET.dst + (m[0] === AF_INET6 ? 16 : 4));
    const connected = m.readUInt16BE(INET.dport) !== 0 || to.some((b) => b !== 0);
    return {
      local: endpoint(INET.src, INET.sport),
      remote: connected ? endpoint(INET.dst, INET.dport) : undefined,
    };
  });
}

const UDIAG_SHOW_NAME = 1;
const UDIAG_SHOW_PEER = 4;
const UNIX_DIAG_NAME = 0;
const UNIX_DIAG_PEER = 2;
/** struct unix_diag_msg; attributes follow. */
const UNIX = { size: 16, inode: 4 };

/** Inode of a Unix socket's peer, 0 if it has none, and its name as it was bound: of an abstract one the first byte is 0. */
export function unixSocketOf(inode: number): { peer: number; name: Uint8Array } | Unfound {
  // struct unix_diag_req
  const request = Buffer.alloc(NLMSG_HEADER + 24);
  request[NLMSG_HEADER] = AF_UNIX;
  request.writeUInt32LE(ANY_STATE, NLMSG_HEADER + 4);
  request.writeUInt32LE(inode, NLMSG_HEADER + 8);
  request.writeUInt32LE(UDIAG_SHOW_NAME | UDIAG_SHOW_PEER, NLMSG_HEADER + 12);
  // no cookie is known
  request.fill(0xff, NLMSG_HEADER + 16);
  return query(request, false, UNIX.size, (m) => {
    if (m.readUInt32LE(UNIX.inode) !== inode) return undefined;
    let [peer, name] = [0, new Uint8Array(0)];
    attributes(m, UNIX.size, (type, content) => {
      if (type === UNIX_DIAG_PEER && content.length >= 4) peer = content.readUInt32LE(0);
      // a copy: the next question overwrites it
      else if (type === UNIX_DIAG_NAME) name = Uint8Array.from(content);
    });
    return { peer, name };
  });
}

const NDIAG_PROTO_ALL = 0xff;
/** struct netlink_diag_msg. */
const NETLINK = { size: 28, protocol: 2, portid: 4, inode: 16 };

/** Family (NETLINK_ROUTE 0 …) and port of a netlink socket that has a port. */
export function netlinkSocket(inode: number): { family: number; port: number } | Unfound {
  // struct netlink_diag_req
  const request = Buffer.alloc(NLMSG_HEADER + 20);
  request[NLMSG_HEADER] = AF_NETLINK;
  request[NLMSG_HEADER + 1] = NDIAG_PROTO_ALL;
  return query(request, true, NETLINK.size, (m) =>
    m.readUInt32LE(NETLINK.inode) === inode
      ? { family: m[NETLINK.protocol], port: m.readUInt32LE(NETLINK.portid) }
      : undefined,
  );
}

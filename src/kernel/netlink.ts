/** Netlink sockets of other processes: whether a descriptor is one, and of which family. */
import { closeSync, readFileSync, readlinkSync } from "node:fs";
import { addressOf, libc } from "./ffi.ts";
import { socketInode } from "./sockets.ts";

const getxattr = libc(
  "long getxattr(const char *path, const char *name, uintptr_t value, unsigned long size)",
);
const socket = libc("int socket(int domain, int type, int protocol)");
const send = libc("long send(int fd, uintptr_t buf, unsigned long len, int flags)");
const recv = libc("long recv(int fd, uintptr_t buf, unsigned long len, int flags)");

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_GENERIC = 16;

const protocol = Buffer.alloc(32);
const protocolAt = addressOf(protocol);

/**
 * Family (NETLINK_ROUTE 0 …) of the socket that `fd` of thread `tid` is; -1 for a netlink socket without an address,
 * which the kernel lists nowhere; undefined for anything else. net/socket.c: sockfs_xattr_get.
 */
export function netlinkFamily(tid: number, fd: number): number | undefined {
  const path = `/proc/${tid}/fd/${fd}`;
  const length = Number(getxattr(path, "system.sockprotoname", protocolAt, protocol.length));
  if (length < 7 || protocol.toString("latin1", 0, 7) !== "NETLINK") return undefined;
  let inode: string | undefined;
  let table: string;
  try {
    inode = socketInode(readlinkSync(path));
    table = readFileSync(`/proc/${tid}/net/netlink`, "latin1");
  } catch {
    return -1;
  }
  for (const line of table.split("\n")) {
    // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
    const columns = line.trim().split(/\s+/);
    if (columns[9] === inode && inode !== undefined) return Number(columns[1]);
  }
  return -1;
}

let generic: Map<number, string> | undefined;

/** Name of a generic netlink family by its number, as the kernel lists them (CTRL_CMD_GETFAMILY). */
export function genericFamily(type: number): string | undefined {
  generic ??= listFamilies();
  return generic.get(type);
}

const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const NLMSG_DONE = 3;
const REQUEST_DUMP = 0x301;

function listFamilies(): Map<number, string> {
  const found = new Map<number, string>();
  const fd = Number(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
  if (fd < 0) return found;
  try {
    const request = Buffer.alloc(20);
    request.writeUInt32LE(20, 0);
    request.writeUInt16LE(GENL_ID_CTRL, 4);
    request.writeUInt16LE(REQUEST_DUMP, 6);
    request[16] = CTRL_CMD_GETFAMILY;
    if (Number(send(fd, addressOf(request), request.length, 0)) !== request.length) return found;
    const reply = Buffer.alloc(1 << 16);
    for (;;) {
      const length = Number(recv(fd, addressOf(reply), reply.length, 0));
      if (length <= 0 || !readFamilies(reply.subarray(0, length), found)) return found;
    }
  } finally {
    closeSync(fd);
  }
}

/** Notes the families in a reply; false at its end. */
function readFamilies(reply: Buffer, found: Map<number, string>): boolean {
  for (let at = 0; at + 16 <= reply.length; ) {
    const length = reply.readUInt32LE(at);
    if (length < 16 || reply.readUInt16LE(at + 4) === NLMSG_DONE) return false;
    let [id, name] = [0, ""];
    for (let a = at + 20; a + 4 <= at + length; ) {
      const size = reply.readUInt16LE(a);
      if (size < 4) break;
      const type = reply.readUInt16LE(a + 2);
      if (type === CTRL_ATTR_FAMILY_ID) id = reply.readUInt16LE(a + 4);
      else if (type === CTRL_ATTR_FAMILY_NAME) name = reply.toString("latin1", a + 4, a + size - 1);
      a += (size + 3) & ~3;
    }
    found.set(id, name);
    at += (length + 3) & ~3;
  }
  return true;
}

/** Netlink sockets of other processes: whether a descriptor is one, and of which family. */
import { readFileSync, readlinkSync } from "node:fs";
import { ask, attributes, NLMSG_DONE, NLMSG_ERROR, NLMSG_HEADER } from "./netlink-request.ts";
import { socketProtocol } from "./sock-diag.ts";
import { socketInode } from "./sockets.ts";

const NETLINK_GENERIC = 16;

/**
 * Family (NETLINK_ROUTE 0 …) of the socket that `fd` of thread `tid` is; -1 for a netlink socket without an address,
 * which the kernel lists nowhere; undefined for anything else.
 */
export function netlinkFamily(tid: number, fd: number): number | undefined {
  if (socketProtocol(tid, fd) !== "NETLINK") return undefined;
  let inode: string | undefined;
  let table: string;
  try {
    inode = socketInode(readlinkSync(`/proc/${tid}/fd/${fd}`));
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
/** Bytes of struct genlmsghdr. */
const GENL_HEADER = 4;

function listFamilies(): Map<number, string> {
  const found = new Map<number, string>();
  const request = Buffer.alloc(NLMSG_HEADER + GENL_HEADER);
  request[NLMSG_HEADER] = CTRL_CMD_GETFAMILY;
  ask(NETLINK_GENERIC, GENL_ID_CTRL, true, request, (type, message) => {
    if (type === NLMSG_DONE || type === NLMSG_ERROR) return true;
    let [id, name] = [0, ""];
    attributes(message, GENL_HEADER, (kind, content) => {
      if (kind === CTRL_ATTR_FAMILY_ID) id = content.readUInt16LE(0);
      else if (kind === CTRL_ATTR_FAMILY_NAME) name = content.toString("latin1", 0, content.length - 1);
    });
    found.set(id, name);
    return false;
  });
  return found;
}

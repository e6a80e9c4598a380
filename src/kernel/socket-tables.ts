/** Sockets in the tables of /proc/PID/net: those of network namespaces that are not ours, or that sock_diag(7) is not there for. */
import { readFileSync } from "node:fs";
import { inet6 } from "../base/inet.ts";
import { endpointIn } from "./sockets.ts";

/** Addresses of a socket in a table (`tcp`, `udp6` …) of the namespace of `pid`; no `remote` if it has none. */
export function inetEntry(
  pid: number,
  table: string,
  inode: number,
): { local: string; remote: string | undefined } | undefined {
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
  const columns = entry(pid, table, inode);
  if (!columns) return undefined;
  const remote = endpoint(columns[2]);
  return { local: endpoint(columns[1]), remote: /^[0:]+$/.test(columns[2]) ? undefined : remote };
}

/** Family and port of a netlink socket. */
export function netlinkEntry(pid: number, inode: number): { family: number; port: number } | undefined {
  // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
  const columns = entry(pid, "netlink", inode);
  return columns && { family: Number(columns[1]), port: Number(columns[2]) };
}

/** Name of a Unix socket, "" if it has none. As the kernel writes NULs as @, those at the end of an abstract one are left out. */
export function unixEntry(pid: number, inode: number): { peer: number; name: Uint8Array } | undefined {
  const found = unixSocket(read(pid, "unix"), String(inode));
  if (!found) return undefined;
  // many a program binds all of sun_path
  const { name } = found;
  const shown = name.startsWith("@") ? `\0${name.slice(1).replace(/@+$/, "")}` : name;
  return { peer: 0, name: Buffer.from(shown, "latin1") };
}

/** Address, references, protocol, flags, type, state and inode, whose widths are fixed; a name may follow. */
const UNIX_ENTRY =
  /(?<![^\n])[0-9a-f]{8,16}: [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{4} [0-9A-F]{2} +(\d+)(?=[ \n])/g;

/**
 * A socket in the text (Latin-1) of /proc/net/unix. The kernel writes names as they are, newlines included: one may even look
 * like an entry, so that nothing is said of a socket that has several. Exported for its tests.
 */
export function unixSocket(text: string, inode: string): { name: string } | undefined {
  let found: { from: number; to: number } | undefined;
  let last = found;
  for (const entry of text.matchAll(UNIX_ENTRY)) {
    if (last) last.to = entry.index;
    last = undefined;
    if (entry[1] !== inode) continue;
    if (found) return undefined;
    found = { from: entry.index + entry[0].length, to: text.length };
    last = found;
  }
  // without the blank before it and the end of the line
  return found && { name: text.slice(found.from + 1, found.to - 1) };
}

function read(pid: number, table: string): string {
  try {
    return readFileSync(`/proc/${pid}/net/${table}`, "latin1");
  } catch {
    return "";
  }
}

/** Columns of the line whose tenth is the inode. */
function entry(pid: number, table: string, inode: number): string[] | undefined {
  const text = read(pid, table);
  const line = new RegExp(`^ *(?:\\S+ +){9}${inode}(?!\\S).*`, "m").exec(text)?.[0];
  return line?.trim().split(/\s+/);
}

/** As strace has it, mapped addresses included. */
function endpoint(text: string): string {
  const { bytes, port } = endpointIn(text);
  return bytes.length === 4 ? `${bytes.join(".")}:${port}` : `[${inet6(bytes)}]:${port}`;
}

/** A socket as strace -yy names it. */
import { readFileSync } from "node:fs";

/** `TCP:[127.0.0.1:80->127.0.0.1:4000]`, `UNIX-STREAM:[123]`; undefined if /proc does not know the inode. */
export function socketText(pid: number, _fd: number, inode: string): string | undefined {
  for (const [name, table] of [
    ["TCP", "tcp"],
    ["TCPv6", "tcp6"],
    ["UDP", "udp"],
    ["UDPv6", "udp6"],
  ] as const) {
    const line = find(pid, table, 9, inode);
    if (!line) continue;
    const local = endpoint(line[1]);
    const remote = endpoint(line[2]);
    return /:0$/.test(remote) ? `${name}:[${local}]` : `${name}:[${local}->${remote}]`;
  }
  const unix = find(pid, "unix", 6, inode);
  if (unix) {
    const kind = unix[4] === "0001" ? "UNIX-STREAM" : unix[4] === "0002" ? "UNIX-DGRAM" : "UNIX-SEQPACKET";
    return unix[7] ? `${kind}:[${inode},"${unix[7]}"]` : `${kind}:[${inode}]`;
  }
  return find(pid, "netlink", 9, inode) ? `NETLINK:[${inode}]` : undefined;
}

function find(pid: number, table: string, column: number, inode: string): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/net/${table}`, "latin1");
  } catch {
    return undefined;
  }
  return text
    .split("\n")
    .map((l) => l.trim().split(/\s+/))
    .find((f) => f[column] === inode);
}

/** `0100007F:0050` of /proc/net/tcp: address in host byte order words. */
function endpoint(text: string): string {
  const [address, port] = text.split(":");
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((w) => (w.match(/../g) ?? []).reverse().map((h) => Number.parseInt(h, 16)));
  const n = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.join(".")}:${n}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
  return `[${compress(groups)}]:${n}`;
}

function compress(groups: readonly string[]): string {
  const text = groups.join(":");
  const run = text.match(/(?:^|:)0(?::0)+(?=:|$)/g)?.sort((a, b) => b.length - a.length)[0];
  return run === undefined
    ? text
    : text
        .replace(run, ":")
        .replace(/^:(?!:)/, "::")
        .replace(/([^:]):$/, "$1::");
}

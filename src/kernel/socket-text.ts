/** A socket as strace -yy names it. */
import { readFileSync } from "node:fs";

/**
 * `TCP:[127.0.0.1:80->127.0.0.1:4000]`, `UNIX-STREAM:[123,"/run/x"]`; undefined if /proc does not know the inode.
 * `quotable` makes bytes of a name fit between quotes.
 */
export function socketText(
  pid: number,
  inode: string,
  quotable: (name: Uint8Array) => string,
): string | undefined {
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
  // before the sockets whose names, which are their makers' to choose, may look like entries
  if (find(pid, "netlink", 9, inode)) return `NETLINK:[${inode}]`;
  const unix = unixSocket(read(pid, "unix"), inode);
  if (!unix) return undefined;
  const { kind, name } = unix;
  if (name === "") return `${kind}:[${inode}]`;
  const abstract = name.startsWith("@");
  // the kernel writes NULs as @, too, and many a program binds all of sun_path
  const shown = abstract ? name.slice(1).replace(/@+$/, "") : name;
  return `${kind}:[${inode},${abstract ? "@" : ""}"${quotable(Buffer.from(shown, "latin1"))}"]`;
}

/** Address, references, protocol, flags, type, state and inode, whose widths are fixed; a name may follow. */
const UNIX_ENTRY =
  /(?<![^\n])[0-9a-f]{8,16}: [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{4}) [0-9A-F]{2} +(\d+)(?=[ \n])/g;
const unixKinds: Readonly<Record<string, string>> = { "0001": "UNIX-STREAM", "0002": "UNIX-DGRAM" };

/**
 * A socket in the text (Latin-1) of /proc/net/unix. The kernel writes names as they are, newlines included: one may even look
 * like an entry, so that nothing is said of a socket that has several. Exported for its tests.
 */
export function unixSocket(text: string, inode: string): { kind: string; name: string } | undefined {
  let found: { kind: string; from: number; to: number } | undefined;
  let last = found;
  for (const entry of text.matchAll(UNIX_ENTRY)) {
    if (last) last.to = entry.index;
    last = undefined;
    if (entry[2] !== inode) continue;
    if (found) return undefined;
    const kind = unixKinds[entry[1]] ?? "UNIX-SEQPACKET";
    found = { kind, from: entry.index + entry[0].length, to: text.length };
    last = found;
  }
  // without the blank before it and the end of the line
  return found && { kind: found.kind, name: text.slice(found.from + 1, found.to - 1) };
}

function read(pid: number, table: string): string {
  try {
    return readFileSync(`/proc/${pid}/net/${table}`, "latin1");
  } catch {
    return "";
  }
}

function find(pid: number, table: string, column: number, inode: string): string[] | undefined {
  return read(pid, table)
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

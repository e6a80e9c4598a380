/** Sockets as /proc/PID/net shows them: what a socket inode is connected to. */
import { readFileSync, readlinkSync } from "node:fs";
import { inet6 } from "../base/inet.ts";

const TCP_LISTEN = "0A";
/** __SO_ACCEPTCON in the flags column of /proc/net/unix. */
const UNIX_LISTENING = 0x10000;
const TABLES = ["tcp", "tcp6", "udp", "udp6", "unix"] as const;

type Table = (typeof TABLES)[number];
/** Lines of a table by inode. */
type Lines = ReadonlyMap<string, string>;
/** Sockets remembered, not found, or changed, at most; and namespaces whose tables are kept. */
const MOST = 4096;
const NAMESPACES = 4;
/** How long (ms) a socket that no table lists is not looked for again: netlink and packet sockets never are. */
const MISSED = 1000;
/** Tables are no older than this (ms). */
const STALE = 10_000;
/** Reading takes no longer than this (ms). */
const LONGEST = 50;
/** A process is taken to stay in its network namespace for so long (ms): a call on many sockets asks for each. */
const SETTLED = 100;

/**
 * Reads sockets of network namespaces; remembers what it found. The kernel goes through all sockets for each table, milliseconds
 * where it has room for many, so what was read answers for other sockets, too.
 */
export class SocketTable {
  private readonly known = new Map<string, string>();
  private readonly missed = new Map<string, number>();
  private readonly tables = new Map<string, Map<Table, { readonly lines: Lines; readonly at: number }>>();
  /** When sockets changed (ms): a table read before says nothing of them. */
  private readonly changed = new Map<string, number>();
  /** When the last read ended, and how long it took (ms). */
  private end = Number.NEGATIVE_INFINITY;
  private spent = 0;
  /** Whose namespace was looked up last, and when (ms). */
  private namespace = { pid: 0, name: undefined as string | undefined, at: Number.NEGATIVE_INFINITY };

  /**
   * `tcp:10.0.0.1:5432`, `udp:[::1]:53`, `unix:/run/x.sock` for the peer; `listen:tcp:0.0.0.0:80` for a listening
   * socket, `bound:udp:…` for one without a peer; undefined when the kernel does not list it, or there was no time to look.
   * `share`: of the time, what may be spent on reading.
   */
  find(pid: number, inode: string, share = 1): string | undefined {
    const known = this.known.get(inode);
    if (known !== undefined) return known;
    const now = performance.now();
    if (now - (this.missed.get(inode) ?? Number.NEGATIVE_INFINITY) < MISSED) return undefined;
    const namespace = this.namespaceOf(pid, now);
    if (namespace === undefined) return undefined;
    if (now - this.end > STALE) this.refresh();
    const tables = this.tables.get(namespace);
    const changed = this.changed.get(inode) ?? Number.NEGATIVE_INFINITY;
    const before = among(inode, (table) => {
      const read = tables?.get(table);
      return read && read.at > changed ? read.lines : undefined;
    });
    // one without a peer or a name may have got one
    if (before !== undefined && !/^(bound:|unix:\[)/.test(before)) return this.keep(inode, before);
    if (now < this.end + this.spent * (1 / share - 1)) return before;
    const found = among(inode, (table) => this.read(pid, namespace, table));
    this.end = performance.now();
    // not what others took of the CPU meanwhile
    this.spent = Math.min(this.end - now, LONGEST);
    this.changed.delete(inode);
    if (found !== undefined) return found.startsWith("bound:") ? found : this.keep(inode, found);
    if (this.missed.size >= MOST) this.missed.clear();
    this.missed.set(inode, now);
    return undefined;
  }

  /** The socket with this inode is new, or has another peer or name. */
  forget(inode: string): void {
    this.known.delete(inode);
    this.missed.delete(inode);
    if (this.tables.size === 0) return;
    if (this.changed.size >= MOST) this.refresh();
    this.changed.set(inode, performance.now());
  }

  /** From now on only what is read anew answers for sockets that are not known. */
  refresh(): void {
    this.tables.clear();
    this.changed.clear();
  }

  private namespaceOf(pid: number, now: number): string | undefined {
    if (pid !== this.namespace.pid || now - this.namespace.at > SETTLED)
      this.namespace = { pid, name: namespaceOf(pid), at: now };
    return this.namespace.name;
  }

  private read(pid: number, namespace: string, table: Table): Lines {
    const at = performance.now();
    const lines = linesOf(table, read(`/proc/${pid}/net/${table}`));
    let tables = this.tables.get(namespace);
    if (!tables) {
      if (this.tables.size >= NAMESPACES) this.refresh();
      tables = new Map();
      this.tables.set(namespace, tables);
    }
    tables.set(table, { lines, at });
    return lines;
  }

  private keep(inode: string, found: string): string {
    if (this.known.size >= MOST) this.known.clear();
    this.known.set(inode, found);
    return found;
  }
}

/** Inode of the socket that a link of /proc/PID/fd names, undefined if it names something else. */
export const socketInode = (link: string): string | undefined => /^socket:\[(\d+)\]$/.exec(link)?.[1];

function among(inode: string, linesOf: (table: Table) => Lines | undefined): string | undefined {
  for (const table of TABLES) {
    const line = linesOf(table)?.get(inode);
    if (line !== undefined) return socketOf(table, line);
  }
  return undefined;
}

/** Undefined if the process is gone. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** A line up to its inode. That of a connection nobody has any more (there may be thousands in TIME_WAIT) is 0. */
const INET = /^ *\d+:(?: +\S+){8} +([1-9]\d*) .*/gm;
const UNIX = /^[0-9a-f]+:(?: +\S+){5} +(\d+).*/gm;

/** The lines of a table of /proc/net. Exported for its tests. */
export function linesOf(table: Table, text: string): Lines {
  const lines = new Map<string, string>();
  for (const [line, inode] of text.matchAll(table === "unix" ? UNIX : INET)) lines.set(inode, line);
  return lines;
}

/** What a line of a table says of its socket. Exported for its tests. */
export function socketOf(table: Table, line: string): string {
  const f = line.trim().split(/\s+/);
  if (table === "unix") {
    const path = /^(?:\S+\s+){7}(.*)$/.exec(line)?.[1] ?? "";
    const listening = (Number.parseInt(f[3], 16) & UNIX_LISTENING) !== 0;
    return `${listening ? "listen:" : ""}unix:${path || `[${f[6]}]`}`;
  }
  const kind = table.slice(0, 3);
  const peer = address(f[2]);
  if (kind === "tcp" && f[3] === TCP_LISTEN) return `listen:tcp:${address(f[1])}`;
  return peer.endsWith(":0") ? `bound:${kind}:${address(f[1])}` : `${kind}:${peer}`;
}

/** The bytes of the address and the port in `0100007F:1F90`; words are in the host's (little-endian) order. */
export function endpointIn(hex: string): { readonly bytes: Buffer; readonly port: number } {
  const [ip, port] = hex.split(":");
  return { bytes: Buffer.from(ip, "hex").swap32(), port: Number.parseInt(port, 16) };
}

/** `0100007F:1F90` is 127.0.0.1:8080. */
export function address(hex: string): string {
  const { bytes, port } = endpointIn(hex);
  if (bytes.length === 4) return `${bytes.join(".")}:${port}`;
  const mapped = bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `${bytes.subarray(12).join(".")}:${port}`;
  return `[${inet6(bytes)}]:${port}`;
}

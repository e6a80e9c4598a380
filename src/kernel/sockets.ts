/** Sockets as /proc/PID/net shows them: what a socket inode is connected to. */
import { readFileSync, readlinkSync } from "node:fs";

const TCP_LISTEN = "0A";
/** __SO_ACCEPTCON in the flags column of /proc/net/unix. */
const UNIX_LISTENING = 0x10000;
const TABLES = ["tcp", "tcp6", "udp", "udp6", "unix"] as const;

type Table = (typeof TABLES)[number];
/** Sockets remembered, not found, or changed, at most; and namespaces whose texts are kept. */
const MOST = 4096;
const NAMESPACES = 4;
/** How long (ms) a socket that no table lists is not looked for again: netlink and packet sockets never are. */
const MISSED = 1000;
/** Texts are no older than this (ms). */
const STALE = 10_000;

/**
 * Reads sockets of network namespaces; remembers what it found. The kernel goes through all sockets for each table, milliseconds
 * where it has room for many, so what was read answers for other sockets, too.
 */
export class SocketTable {
  private readonly known = new Map<string, string>();
  private readonly missed = new Map<string, number>();
  private readonly texts = new Map<string, Map<Table, string>>();
  /** Sockets that have changed since the texts were read. */
  private readonly changed = new Set<string>();
  /** When the last read ended, and how long it took (ms). */
  private end = Number.NEGATIVE_INFINITY;
  private spent = 0;

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
    const namespace = namespaceOf(pid);
    if (namespace === undefined) return undefined;
    if (now - this.end > STALE) this.refresh();
    const texts = this.texts.get(namespace);
    const before = this.changed.has(inode) ? undefined : among(inode, (table) => texts?.get(table));
    // one without a peer or a name may have got one
    if (before !== undefined && !/^(bound:|unix:\[)/.test(before)) return this.keep(inode, before);
    if (now < this.end + this.spent * (1 / share - 1)) return before;
    const found = among(inode, (table) => this.read(pid, namespace, table));
    this.end = performance.now();
    this.spent = this.end - now;
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
    if (this.texts.size === 0) return;
    if (this.changed.size >= MOST) this.refresh();
    this.changed.add(inode);
  }

  /** From now on only what is read anew answers for sockets that are not known. */
  refresh(): void {
    this.texts.clear();
    this.changed.clear();
  }

  private read(pid: number, namespace: string, table: Table): string {
    const text = read(`/proc/${pid}/net/${table}`);
    let texts = this.texts.get(namespace);
    if (!texts) {
      if (this.texts.size >= NAMESPACES) this.refresh();
      texts = new Map();
      this.texts.set(namespace, texts);
    }
    texts.set(table, text);
    return text;
  }

  private keep(inode: string, found: string): string {
    if (this.known.size >= MOST) this.known.clear();
    this.known.set(inode, found);
    return found;
  }
}

function among(inode: string, textOf: (table: Table) => string | undefined): string | undefined {
  for (const table of TABLES) {
    const found = search(table, textOf(table) ?? "", inode);
    if (found !== undefined) return found;
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

/** Finds an inode in the text of a /proc/net table. Exported for its tests. */
export function search(table: Table, text: string, inode: string): string | undefined {
  const unix = table === "unix";
  for (let at = text.indexOf(` ${inode}`); at >= 0; at = text.indexOf(` ${inode}`, at + 1)) {
    const start = text.lastIndexOf("\n", at) + 1;
    const end = text.indexOf("\n", at);
    const line = text.slice(start, end < 0 ? undefined : end).trim();
    const f = line.split(/\s+/);
    if (f[unix ? 6 : 9] !== inode) continue;
    if (unix) {
      const path = /^(?:\S+\s+){7}(.*)$/.exec(line)?.[1] ?? "";
      const listening = (Number.parseInt(f[3], 16) & UNIX_LISTENING) !== 0;
      return `${listening ? "listen:" : ""}unix:${path || `[${inode}]`}`;
    }
    const kind = table.slice(0, 3);
    const peer = address(f[2]);
    if (kind === "tcp" && f[3] === TCP_LISTEN) return `listen:tcp:${address(f[1])}`;
    return peer.endsWith(":0") ? `bound:${kind}:${address(f[1])}` : `${kind}:${peer}`;
  }
  return undefined;
}

/** `0100007F:1F90` is 127.0.0.1:8080; words are in the host's (little-endian) order. */
export function address(hex: string): string {
  const [ip, port] = hex.split(":");
  const bytes: number[] = [];
  for (let w = 0; w < ip.length; w += 8) {
    for (let b = 6; b >= 0; b -= 2) bytes.push(Number.parseInt(ip.slice(w + b, w + b + 2), 16));
  }
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.join(".")}:${number}`;
  const mapped = bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `${bytes.slice(12).join(".")}:${number}`;
  return `[${ipv6(bytes)}]:${number}`;
}

function ipv6(bytes: readonly number[]): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === "0") n++;
    if (n > best.length) best = { at: i, length: n };
  }
  if (best.at < 0) return words.join(":");
  return `${words.slice(0, best.at).join(":")}::${words.slice(best.at + best.length).join(":")}`;
}

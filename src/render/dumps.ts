/** What was read from and written to descriptors, as strace's -e read and -e write show it. */
import type { Call } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";

export interface DumpSettings {
  /** Whether what is read from a descriptor is shown. */
  readonly read: (fd: number) => boolean;
  readonly write: (fd: number) => boolean;
}

type Shape = "bytes" | "iovec" | "msghdr" | "mmsghdr";

/** In all of them the descriptor is the first argument and the second points to the data; a third says how much. */
const shapes: Readonly<Record<keyof DumpSettings, Readonly<Record<Shape, readonly string[]>>>> = {
  read: {
    bytes: ["read", "pread64", "recv", "recvfrom", "mq_timedreceive", "mq_timedreceive_time64"],
    iovec: ["readv", "preadv", "preadv2"],
    msghdr: ["recvmsg"],
    mmsghdr: ["recvmmsg", "recvmmsg_time64"],
  },
  write: {
    bytes: ["write", "pwrite64", "send", "sendto", "mq_timedsend", "mq_timedsend_time64"],
    iovec: ["writev", "pwritev", "pwritev2", "vmsplice"],
    msghdr: ["sendmsg"],
    mmsghdr: ["sendmmsg"],
  },
};

interface Plan {
  readonly way: keyof DumpSettings;
  readonly shape: Shape;
}

const plans = new Map<string, Plan>(
  (["read", "write"] as const).flatMap((way) =>
    Object.entries(shapes[way]).flatMap(([shape, names]) =>
      names.map((name): [string, Plan] => [name, { way, shape: shape as Shape }]),
    ),
  ),
);

/** Members of struct msghdr and mmsghdr (man 2 recvmmsg), and of struct iovec; all numbers are as wide as a pointer. */
interface Layout {
  readonly pointer: 4 | 8;
  readonly iov: number;
  readonly iovlen: number;
  readonly length: number;
  readonly size: number;
}
const wide: Layout = { pointer: 8, iov: 16, iovlen: 24, length: 56, size: 64 };
const narrow: Layout = { pointer: 4, iov: 8, iovlen: 12, length: 28, size: 32 };
const UIO_MAXIOV = 1024;
const BYTES_A_LINE = 16;
/** Longer buffers are read and dumped in pieces (bytes): a call may be about gigabytes. */
const PIECE = 1 << 15;

/** Tells `write` of the lines to follow those of a finished call, in pieces; of none if it is none of those meant. */
export function writeDump(
  call: Call,
  memory: Memory,
  settings: DumpSettings,
  write: (text: string) => void,
): void {
  const plan = plans.get(call.name);
  if (!plan || call.error !== 0 || !settings[plan.way](call.args[0] | 0)) return;
  const layout = call.abi === "x86_64" || call.abi === "aarch64" ? wide : narrow;
  const dump = new Dump(memory, layout, write);
  const { args } = call;
  const result = call.retHi * 4294967296 + call.retLo;
  const limit = plan.way === "read" ? result : Number.POSITIVE_INFINITY;
  if (plan.shape === "bytes") dump.bytes(args[2], args[3], Math.min(limit, args[5] * 4294967296 + args[4]));
  else if (plan.shape === "iovec") dump.iovecs(args[2], args[3], args[4], limit);
  else if (plan.shape === "msghdr") dump.message(args[2], args[3], limit);
  else dump.messages(args[2], args[3], result);
}

class Dump {
  constructor(
    private readonly memory: Memory,
    private readonly layout: Layout,
    private readonly write: (text: string) => void,
  ) {}

  /** `limit` bytes of all buffers together. As in strace, an empty one ends the list. */
  iovecs(lo: number, hi: number, count: number, limit: number): void {
    const { pointer } = this.layout;
    const size = Math.min(count, UIO_MAXIOV) * 2 * pointer;
    const at = this.memory.readAll(lo, hi, size);
    if (at < 0) return;
    let left = limit;
    for (let i = 0, p = at; i * 2 * pointer < size; i++, p += 2 * pointer) {
      const length = Math.min(this.number(p + pointer), left);
      if (length === 0) break;
      left -= length;
      this.write(` * ${length} bytes in buffer ${i}\n`);
      this.bytes(this.half(p, 0), this.half(p, 4), length);
    }
  }

  message(lo: number, hi: number, limit: number): void {
    const at = this.memory.readAll(lo, hi, this.layout.length);
    if (at >= 0) this.iovecsOf(at, limit);
  }

  messages(lo: number, hi: number, count: number): void {
    const { size, iovlen, length } = this.layout;
    const at = this.memory.readAll(lo, hi, Math.min(count, UIO_MAXIOV) * size);
    if (at < 0) return;
    for (let i = 0; i < count; i++) {
      const p = at + i * size;
      this.write(` = ${this.number(p + iovlen)} buffers in vector ${i}\n`);
      this.iovecsOf(p, this.memory.view.getUint32(p + length, true));
    }
  }

  private iovecsOf(at: number, limit: number): void {
    const { iov, iovlen } = this.layout;
    this.iovecs(this.half(at + iov, 0), this.half(at + iov, 4), this.number(at + iovlen), limit);
  }

  bytes(lo: number, hi: number, length: number): void {
    const width = offsetWidth(length);
    const { memory } = this;
    const before = memory.mark();
    for (let done = 0; done < length; done += PIECE) {
      const address = lo + done;
      const want = Math.min(PIECE, length - done);
      const at = memory.readAll(address >>> 0, hi + Math.floor(address / 4294967296), want);
      if (at < 0) break;
      this.write(lines(memory.bytes.subarray(at, at + want), done, width));
      memory.release(before);
    }
  }

  private half(at: number, which: 0 | 4): number {
    return which === 4 && this.layout.pointer === 4 ? 0 : this.memory.view.getUint32(at + which, true);
  }

  private number(at: number): number {
    return this.half(at, 4) * 4294967296 + this.half(at, 0);
  }
}

/** Digits of offsets in a dump of so many bytes. */
function offsetWidth(length: number): number {
  return Math.max(5, Math.max(0, length - 1).toString(16).length);
}

const digits = Buffer.from("0123456789abcdef");
const [NEWLINE, BLANK, DOT, BAR] = Buffer.from("\n .|");
/** Two digits and a blank for each byte, and one more blank in the middle and at the end. */
const HEX_WIDTH = 3 * BYTES_A_LINE + 2;
/** Of lines, but for the offset. */
const FRAME = " | ".length + "  ".length + HEX_WIDTH + BYTES_A_LINE + " |\n".length;
/** Of 64 bits. */
const WIDEST_OFFSET = 16;
let room: Buffer | undefined;

/** Lines of at most a piece, whose first byte is at `offset` of its buffer. */
function lines(bytes: Uint8Array, offset: number, width: number): string {
  room ??= Buffer.alloc((PIECE / BYTES_A_LINE) * (FRAME + WIDEST_OFFSET));
  const out = room;
  const length = FRAME + width;
  const end = Math.ceil(bytes.length / BYTES_A_LINE) * length;
  out.fill(BLANK, 0, end);
  for (let i = 0, start = 0; i < bytes.length; i += BYTES_A_LINE, start += length) {
    const hex = start + " | ".length + width + "  ".length;
    const text = hex + HEX_WIDTH;
    out[start + 1] = BAR;
    for (let at = hex - "  ".length - 1, rest = offset + i, n = 0; n < width; n++, at--) {
      out[at] = digits[rest % 16];
      rest = Math.floor(rest / 16);
    }
    const count = Math.min(BYTES_A_LINE, bytes.length - i);
    for (let k = 0; k < count; k++) {
      const b = bytes[i + k];
      const at = hex + 3 * k + (k < BYTES_A_LINE / 2 ? 0 : 1);
      out[at] = digits[b >> 4];
      out[at + 1] = digits[b & 15];
      out[text + k] = b >= 32 && b < 127 ? b : DOT;
    }
    out[start + length - 2] = BAR;
    out[start + length - 1] = NEWLINE;
  }
  return out.toString("latin1", 0, end);
}

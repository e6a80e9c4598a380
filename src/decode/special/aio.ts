/** struct iocb, by its operation, and io_uring's parameters. */
import * as F from "../../abi/flags.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum, printFlags } from "../flags.ts";
import { addHi, addLo, printArray, printBytes, printIovec, sigsetWalker } from "../pointers.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { pointed, readable } from "./bytes.ts";
import { printMaskAndSize } from "./poll.ts";
import { printCpus } from "./process.ts";

const IOCB = 64;
const PREAD = 0;
const PWRITE = 1;
const POLL = 5;
const PREADV = 7;
const PWRITEV = 8;
const RESFD = 1;
const IOPRIO = 2;
const fd = compile({ kind: "fd" });

/** struct iocb (linux/aio_abi.h), the same 64 bytes on every ABI: what every operation has. */
function printHeader(c: Context, at: number): void {
  const v = c.memory.view;
  const { sink } = c;
  const half = (offset: number) => v.getUint32(at + offset, true);
  const opcode = v.getUint16(at + 16, true);
  const priority = v.getInt16(at + 18, true);
  sink.field("aio_data");
  sink.hex(half(0), half(4));
  if (half(8) !== 0) {
    sink.field("aio_key");
    sink.num(half(8));
  }
  if (half(12) !== 0) {
    sink.field("aio_rw_flags");
    printFlags(c, F.rwf_flags, half(12));
  }
  sink.field("aio_lio_opcode");
  sink.xlat(opcode, 0, enumName(F.aio_cmds, opcode), F.aio_cmds.fallback, "dec");
  if (half(56) & IOPRIO) {
    sink.field("aio_reqprio");
    compile({ kind: "special", name: "short_ioprio" }).value(c, priority & 0xffff, 0);
  } else if (priority !== 0) {
    sink.field("aio_reqprio");
    sink.num(priority);
  }
  sink.field("aio_fildes");
  fd.value(c, half(20), 0);
}

/** Flags, and where completion is told, of the operations that transfer or wait. */
function printCommon(c: Context, at: number): void {
  const { sink } = c;
  const flags = c.memory.view.getUint32(at + 56, true);
  const descriptor = c.memory.view.getUint32(at + 60, true);
  if (flags !== 0) {
    sink.field("aio_flags");
    printFlags(c, F.aio_flags, flags);
  }
  if (flags & RESFD) {
    sink.field("aio_resfd");
    fd.value(c, descriptor, 0);
  } else if (descriptor !== 0) {
    sink.field("aio_resfd");
    sink.hex(descriptor, 0);
  }
}

function printIocb(c: Context, at: number): void {
  const v = c.memory.view;
  const { sink } = c;
  const half = (offset: number) => v.getUint32(at + offset, true);
  const opcode = v.getUint16(at + 16, true);
  const buffer = [half(24), half(28)] as const;
  const size = half(32) + half(36) * 4294967296;
  const valid = (half(36) | 0) >= 0;
  const word = (name: string, print: "hex" | "ulong" | "long", offset: number) => {
    sink.field(name);
    sink[print](half(offset), half(offset + 4));
  };
  sink.openStruct();
  printHeader(c, at);
  if (opcode === POLL) {
    sink.field("aio_buf");
    printFlags(c, F.aio_poll_events, ...buffer);
    printCommon(c, at);
  } else if (opcode === PREAD || opcode === PWRITE) {
    if (opcode === PWRITE && valid) {
      sink.field("aio_buf");
      printBytes(c, ...buffer, size);
    } else word("aio_buf", "hex", 24);
    word("aio_nbytes", "ulong", 32);
    word("aio_offset", "long", 40);
    printCommon(c, at);
  } else if (opcode === PREADV || opcode === PWRITEV) {
    if (valid) {
      sink.field("aio_buf");
      printIovec(c, ...buffer, size, opcode === PREADV ? -1 : Number.POSITIVE_INFINITY);
    } else {
      word("aio_buf", "hex", 24);
      word("aio_nbytes", "ulong", 32);
    }
    word("aio_offset", "long", 40);
    printCommon(c, at);
  }
  sink.closeStruct();
}

/** io_cancel shows which operation is meant, not what it does. */
registerValue("iocb", () =>
  pointed(IOCB, (c, at) => {
    c.sink.openStruct();
    printHeader(c, at);
    c.sink.closeStruct();
  }),
);
const iocbPointer = pointed(IOCB, printIocb);

/** io_submit's array of pointers. */
registerValue("iocbs", () =>
  pointerWalker((c, lo, hi) => {
    printArray(c, iocbPointer, lo, hi, c.number(c.index("nr")));
  }),
);

/** struct __aio_sigset: a signal mask and its size. */
registerValue("aio_sigset", () =>
  pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, 2 * c.wordSize);
    if (at < 0) c.sink.addr(lo, hi);
    else printMaskAndSize(c, at, "sigsetsize");
  }),
);

const SIZE_ARG = 5;

/** io_uring_enter's fifth argument: a signal mask; what is larger is IORING_ENTER_EXT_ARG's struct. */
registerValue("uring_enter_arg", () =>
  pointerWalker((c, lo, hi) => {
    sigsetWalker(c.number(SIZE_ARG)).value(c, lo, hi);
  }),
);

const SQ_OFFSETS = ["head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array"] as const;
const CQ_OFFSETS = ["head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags"] as const;
const ATTACH_WQ = 0x20;

/** struct io_uring_params (linux/io_uring.h); the kernel fills in most of it. */
registerValue("uring_params", () =>
  pointerWalker((c, lo, hi) => {
    const { failed } = c;
    c.failed = false;
    const at = readable(c, lo, hi, 120);
    c.failed = failed;
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const u32 = (offset: number) => c.memory.view.getUint32(at + offset, true);
    const number = (name: string, offset: number) => {
      c.sink.field(name);
      c.sink.num(u32(offset));
    };
    const ok = c.call.error === 0;
    c.sink.openStruct();
    c.sink.field("flags");
    printFlags(c, F.uring_setup_flags, u32(8));
    c.sink.field("sq_thread_cpu");
    c.sink.hex(u32(12), 0);
    number("sq_thread_idle", 16);
    if (u32(8) & ATTACH_WQ) {
      c.sink.field("wq_fd");
      fd.value(c, u32(24), 0);
    }
    printReserved(c, "resv", at + 28, 3);
    if (ok) {
      number("sq_entries", 0);
      number("cq_entries", 4);
      c.sink.field("features");
      printFlags(c, F.uring_features, u32(20));
      printOffsets(c, "sq_off", SQ_OFFSETS, at + 40);
      printOffsets(c, "cq_off", CQ_OFFSETS, at + 80);
    }
    c.sink.closeStruct();
  }),
);

function printOffsets(c: Context, name: string, names: readonly string[], at: number): void {
  const v = c.memory.view;
  c.sink.field(name);
  c.sink.openStruct();
  for (const [i, field] of names.entries()) {
    c.sink.field(field);
    c.sink.num(v.getUint32(at + 4 * i, true));
  }
  // reserved: shown when it is not 0
  const [first, lo, hi] = [28, 32, 36].map((offset) => v.getUint32(at + offset, true));
  if (first !== 0) {
    c.sink.field("resv1");
    c.sink.hex(first, 0);
  }
  if (lo !== 0 || hi !== 0) {
    c.sink.field("resv2");
    c.sink.hex(lo, hi);
  }
  c.sink.closeStruct();
}

/** Reserved numbers, if they are not all 0. */
function printReserved(c: Context, name: string, at: number, count: number): void {
  const v = c.memory.view;
  const values = Array.from({ length: count }, (_, i) => v.getUint32(at + 4 * i, true));
  if (values.every((n) => n === 0)) return;
  c.sink.field(name);
  c.sink.openArray();
  for (const n of values) {
    c.sink.item();
    c.sink.hex(n, 0);
  }
  c.sink.closeArray();
}
function printSpare(c: Context, name: string, value: number): void {
  if (value === 0) return;
  c.sink.field(name);
  c.sink.hex(value, 0);
}

/** struct io_uring_rsrc_update as used by RING_FDS: `data` shown when registering. */
registerValue("ring_fd", (data) => ({
  size: () => 16,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openStruct();
    const v = c.memory.view;
    const offset = v.getUint32(at, true);
    c.sink.field("offset");
    c.sink.num(data === true && offset === 0xffffffff ? -1 : offset);
    printSpare(c, "resv", v.getUint32(at + 4, true));
    if (data === true) {
      c.sink.field("data");
      fd.value(c, v.getUint32(at + 8, true), 0);
    } else if (v.getUint32(at + 8, true) !== 0 || v.getUint32(at + 12, true) !== 0) {
      c.sink.field("data");
      c.sink.hex(v.getUint32(at + 8, true), v.getUint32(at + 12, true));
    }
    c.sink.closeStruct();
  },
}));

/** struct io_uring_restriction: 16 bytes. */
registerValue("uring_restriction", () => ({
  size: () => 16,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const opcode = c.memory.view.getUint16(at, true);
    const value = c.memory.bytes[at + 2];
    c.sink.openStruct();
    c.sink.field("opcode");
    c.sink.xlat(opcode, 0, enumName(F.uring_restrictions, opcode), F.uring_restrictions.fallback, "hex");
    if (opcode === 0) {
      c.sink.field("register_op");
      c.sink.xlat(value, 0, enumName(F.uring_register_ops, value), F.uring_register_ops.fallback, "hex");
    } else if (opcode === 1) {
      c.sink.field("sqe_op");
      printEnum(c, F.uring_ops, value);
    } else if (opcode <= 3) {
      c.sink.field("sqe_flags");
      printFlags(c, F.uring_sqe_flags, value);
    } else c.sink.comment(`op: ${hexText(value, 0).replace(/^0x0$/, "0")}`);
    printSpare(c, "resv", c.memory.bytes[at + 3]);
    printReserved(c, "resv2", at + 4, 3);
    c.sink.closeStruct();
  },
}));

const NR_ARG = 3;
/** struct io_uring_buf_reg: one of them, whatever their number is said to be. */
registerValue("uring_buf_reg", () =>
  pointed(40, (c, at) => {
    const v = c.memory.view;
    c.sink.openStruct();
    c.sink.field("ring_addr");
    c.sink.addr(v.getUint32(at, true), v.getUint32(at + 4, true));
    c.sink.field("ring_entries");
    c.sink.num(v.getUint32(at + 8, true));
    c.sink.field("bgid");
    c.sink.num(v.getUint16(at + 12, true));
    printSpare(c, "pad", v.getUint16(at + 14, true));
    const reserved = [16, 24, 32].map(
      (o) => [v.getUint32(at + o, true), v.getUint32(at + o + 4, true)] as const,
    );
    if (reserved.some(([low, high]) => low !== 0 || high !== 0)) {
      c.sink.field("resv");
      c.sink.openArray();
      for (const half of reserved) {
        c.sink.item();
        c.sink.hex(...half);
      }
      c.sink.closeArray();
    }
    c.sink.closeStruct();
  }),
);

registerValue(
  "uring_files_update",
  (): Walker =>
    pointed(16, (c, at) => {
      const v = c.memory.view;
      const lo = v.getUint32(at + 8, true);
      const hi = v.getUint32(at + 12, true);
      c.sink.openStruct();
      c.sink.field("offset");
      c.sink.num(v.getUint32(at, true));
      printSpare(c, "resv", v.getUint32(at + 4, true));
      c.sink.field("fds");
      compile({ kind: "array", of: { kind: "fd" }, count: c.argLo(NR_ARG) }).value(c, lo, hi);
      c.sink.closeStruct();
    }),
);

const PROBE_MAX = 256;
const probeSize = (count: number): number => 16 + 8 * count;

/** struct io_uring_probe with its operations; `given` is how many the caller has made room for. */
function printProbe(c: Context, at: number, count: number, answered: boolean): void {
  const { bytes, view } = c.memory;
  const known = answered ? Math.min(bytes[at + 1], count) : count;
  c.sink.openStruct();
  c.sink.field("last_op");
  printOp(c, bytes[at]);
  c.sink.field("ops_len");
  c.sink.num(bytes[at + 1]);
  printSpare(c, "resv", view.getUint16(at + 2, true));
  printReserved(c, "resv2", at + 4, 3);
  c.sink.field("ops");
  c.sink.openArray();
  for (let i = 0; i < known; i++) {
    const op = at + 16 + 8 * i;
    c.sink.item();
    c.sink.openStruct();
    c.sink.field("op");
    printOp(c, bytes[op]);
    printSpare(c, "resv", bytes[op + 1]);
    c.sink.field("flags");
    printFlags(c, F.uring_op_flags, view.getUint16(op + 2, true));
    printSpare(c, "resv2", view.getUint32(op + 4, true));
    c.sink.closeStruct();
  }
  if (answered && count < bytes[at + 1]) {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeArray();
  c.sink.closeStruct();
}
/** What the caller had there is shown if it was not all 0, as it should be; then what the kernel says. */
registerValue("uring_probe", () =>
  pointerWalker(
    (c, lo, hi) => {
      const count = c.argLo(NR_ARG);
      const { failed } = c;
      const [filled] = c.call.saved;
      c.failed = failed && !filled;
      const at = count > PROBE_MAX ? -1 : readable(c, lo, hi, probeSize(count));
      c.failed = failed;
      if (at < 0) c.sink.addr(lo, hi);
      else {
        if (filled) printProbe(c, at, count, false);
        if (filled && !failed) c.sink.becomes();
        if (!failed) printProbe(c, at, count, true);
      }
    },
    (c, lo, hi) => {
      const count = c.argLo(NR_ARG);
      const at = count > PROBE_MAX ? -1 : readable(c, lo, hi, probeSize(count));
      if (at >= 0 && c.memory.bytes.subarray(at, at + probeSize(count)).some((b) => b !== 0))
        c.call.saved.push(1);
    },
  ),
);

function printOp(c: Context, value: number): void {
  c.sink.xlat(value, 0, enumName(F.uring_ops, value), F.uring_ops.fallback, "dec");
}

/** A CPU mask of nr_args bytes. */
registerValue("uring_cpus", () => pointerWalker((c, lo, hi) => printCpus(c, lo, hi, c.argLo(NR_ARG))));

const WORKERS = ["IO_WQ_BOUND", "IO_WQ_UNBOUND"];
const WORKERS_MAX = 1024;

const shownWorkers = (c: Context): number =>
  Math.min(c.argLo(NR_ARG), c.verbose ? WORKERS_MAX : c.options.stringLimit);

/** Limits of io_uring's bounded and unbounded workers, as many as there are; undefined if there is not even one. */
function workers(c: Context, lo: number, hi: number): number[] | undefined {
  const limit = shownWorkers(c);
  const values: number[] = [];
  if ((lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) return undefined;
  while (values.length < limit) {
    const offset = 4 * values.length;
    const value = c.readInt(addLo(lo, offset), addHi(lo, hi, offset));
    if (value === undefined) return values.length === 0 ? undefined : values;
    values.push(value >>> 0);
  }
  return values;
}

function workersText(c: Context, lo: number, hi: number, values: readonly number[]): string {
  const { xlat, stringLimit } = c.options;
  const count = c.argLo(NR_ARG);
  const items = values.map((value, i) => {
    const name = WORKERS[i];
    const index = xlat === "raw" ? i : xlat === "abbrev" && name ? name : `${i} /* ${name ?? "IO_WQ_???"} */`;
    return `[${index}]=${value}`;
  });
  const offset = 4 * values.length;
  if (values.length === stringLimit && values.length < count && !c.verbose) items.push("...");
  else if (values.length < count)
    items.push(`... /* ${hexText(addLo(lo, offset), addHi(lo, hi, offset))} */`);
  return `[${items.join(", ")}]`;
}

/** What was asked for, then what was in force. */
registerValue("uring_workers", () =>
  pointerWalker(
    (c, lo, hi) => {
      const { saved } = c.call;
      const none = c.argLo(NR_ARG) === 0;
      if (saved.length === 0 && !(none && (lo !== 0 || hi !== 0))) c.sink.addr(lo, hi);
      else {
        c.sink.word(workersText(c, lo, hi, saved));
        const now = none || saved.length < shownWorkers(c) ? undefined : workers(c, lo, hi);
        if (!now) return;
        c.sink.becomes();
        if (c.call.error === 0) c.sink.word(workersText(c, lo, hi, now));
        else c.sink.addr(lo, hi);
      }
    },
    (c, lo, hi) => {
      c.call.saved.push(...(workers(c, lo, hi) ?? []));
    },
  ),
);

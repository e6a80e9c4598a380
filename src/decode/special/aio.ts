/** struct iocb, by its operation, and io_uring's parameters. */
import * as F from "../../abi/flags.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, printFlags } from "../flags.ts";
import { addHi, addLo, printBytes, printIovec, sigsetText } from "../pointers.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { pointed, readable } from "./bytes.ts";

const IOCB = 64;
const PREAD = 0;
const PWRITE = 1;
const POLL = 5;
const PREADV = 7;
const PWRITEV = 8;
const RESFD = 1;
const IOPRIO = 2;
const fd = compile({ kind: "fd" });

/** struct iocb (linux/aio_abi.h): the same 64 bytes on every ABI. */
function printIocb(c: Context, at: number): void {
  const v = c.memory.view;
  const { sink } = c;
  const half = (offset: number) => v.getUint32(at + offset, true);
  const opcode = v.getUint16(at + 16, true);
  const priority = v.getInt16(at + 18, true);
  const flags = half(56);
  const bufLo = half(24);
  const bufHi = half(28);
  const size = half(32) + half(36) * 4294967296;
  sink.openStruct();
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
  if (flags & IOPRIO) {
    sink.field("aio_reqprio");
    compile({ kind: "special", name: "ioprio" }).value(c, priority & 0xffff, 0);
  } else if (priority !== 0) {
    sink.field("aio_reqprio");
    sink.num(priority);
  }
  sink.field("aio_fildes");
  fd.value(c, half(20), 0);
  if (opcode === POLL) {
    sink.field("aio_buf");
    printFlags(c, F.aio_poll_events, bufLo, bufHi);
  } else if (opcode === PREAD || opcode === PWRITE || opcode === PREADV || opcode === PWRITEV) {
    sink.field("aio_buf");
    if (opcode === PREAD) sink.addr(bufLo, bufHi);
    else if (opcode === PWRITE) printBytes(c, bufLo, bufHi, size);
    else printIovec(c, bufLo, bufHi, size, opcode === PREADV ? -1 : Number.POSITIVE_INFINITY);
    if (opcode === PREAD || opcode === PWRITE) {
      sink.field("aio_nbytes");
      sink.ulong(half(32), half(36));
    }
    sink.field("aio_offset");
    sink.long(half(40), half(44));
    if (flags & RESFD) {
      sink.field("aio_flags");
      printFlags(c, F.aio_flags, flags);
      sink.field("aio_resfd");
      fd.value(c, half(60), 0);
    }
  }
  sink.closeStruct();
}

const iocbPointer = pointed(IOCB, printIocb);
registerValue("iocb", () => iocbPointer);

/** io_submit's array of pointers. */
registerValue("iocbs", () =>
  pointerWalker((c, lo, hi) => {
    const count = c.arg(c.index("nr"));
    const word = c.wordSize;
    if (count === 0) {
      c.sink.openArray();
      c.sink.closeArray();
      return;
    }
    if (count < 0 || readable(c, lo, hi, word) < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const limit = c.verbose ? count : Math.min(count, c.options.stringLimit);
    c.sink.openArray();
    for (let i = 0; i < limit; i++) {
      c.sink.item();
      const at = c.memory.readAll(addLo(lo, i * word), addHi(lo, hi, i * word), word);
      if (at < 0) {
        c.sink.more();
        break;
      }
      iocbPointer.memory(c, at);
    }
    if (limit < count) {
      c.sink.item();
      c.sink.more();
    }
    c.sink.closeArray();
  }),
);

/** struct __aio_sigset: a signal mask and its size. */
registerValue("aio_sigset", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const at = readable(c, lo, hi, 2 * word);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const size = c.integer(at + word, word, false);
    c.wordAt(at);
    const maskLo = c.wordLo;
    const maskHi = c.wordHi;
    c.sink.openStruct();
    c.sink.field("sigmask");
    const mask = size === 0 || size > 8 ? -1 : readable(c, maskLo, maskHi, size);
    if (mask < 0) c.sink.addr(maskLo, maskHi);
    else c.sink.word(sigsetText(c, mask, size));
    c.sink.field("sigsetsize");
    c.sink.num(size);
    c.sink.closeStruct();
  }),
);

const SIZE_ARG = 5;

/** io_uring_enter's fifth argument: a signal mask; what is larger is IORING_ENTER_EXT_ARG's struct. */
registerValue("uring_enter_arg", () =>
  pointerWalker((c, lo, hi) => {
    const size = c.arg(SIZE_ARG);
    const at = size <= 0 || size > 8 ? -1 : readable(c, lo, hi, Math.min(size, 8));
    if (at < 0) c.sink.addr(lo, hi);
    else c.sink.word(sigsetText(c, at, Math.min(size, 8)));
  }),
);

const SQ_OFFSETS = ["head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array"] as const;
const CQ_OFFSETS = ["head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags"] as const;
const ATTACH_WQ = 0x20;

/** struct io_uring_params (linux/io_uring.h); the kernel fills in most of it. */
registerValue("uring_params", () =>
  pointerWalker((c, lo, hi) => {
    const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 120);
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
    if (u32(28) || u32(32) || u32(36)) {
      c.sink.field("resv");
      c.sink.openArray();
      for (const offset of [28, 32, 36]) {
        c.sink.item();
        c.sink.hex(u32(offset), 0);
      }
      c.sink.closeArray();
    }
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
  c.sink.field(name);
  c.sink.openStruct();
  for (const [i, field] of names.entries()) {
    c.sink.field(field);
    c.sink.num(c.memory.view.getUint32(at + 4 * i, true));
  }
  c.sink.closeStruct();
}

/** struct io_uring_rsrc_update as used by RING_FDS: `data` shown when registering. */
registerValue("ring_fd", (data) => ({
  size: () => 16,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openStruct();
    c.sink.field("offset");
    c.sink.num(c.memory.view.getUint32(at, true));
    if (data === true) {
      c.sink.field("data");
      c.sink.num(c.memory.view.getUint32(at + 8, true));
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
      printOp(c, value);
    } else {
      c.sink.field("sqe_flags");
      printFlags(c, F.uring_sqe_flags, value);
    }
    c.sink.closeStruct();
  },
}));

const NR_ARG = 3;

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
      c.sink.field("fds");
      compile({ kind: "array", of: { kind: "fd" }, count: c.argLo(NR_ARG) }).value(c, lo, hi);
      c.sink.closeStruct();
    }),
);

/** struct io_uring_probe with its operations. */
registerValue("uring_probe", () =>
  pointerWalker((c, lo, hi) => {
    const count = c.argLo(NR_ARG);
    const at = count > 256 ? -1 : readable(c, lo, hi, 16 + 8 * count);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const { bytes, view } = c.memory;
    c.sink.openStruct();
    c.sink.field("last_op");
    printOp(c, bytes[at]);
    c.sink.field("ops_len");
    c.sink.num(bytes[at + 1]);
    c.sink.field("ops");
    c.sink.openArray();
    for (let i = 0; i < Math.min(bytes[at + 1], count); i++) {
      const op = at + 16 + 8 * i;
      c.sink.item();
      c.sink.openStruct();
      c.sink.field("op");
      printOp(c, bytes[op]);
      c.sink.field("flags");
      printFlags(c, F.uring_op_flags, view.getUint16(op + 2, true));
      c.sink.closeStruct();
    }
    c.sink.closeArray();
    c.sink.closeStruct();
  }),
);

function printOp(c: Context, value: number): void {
  c.sink.xlat(value, 0, enumName(F.uring_ops, value), F.uring_ops.fallback, "dec");
}

/** A CPU mask of nr_args bytes. */
registerValue("uring_cpus", () =>
  pointerWalker((c, lo, hi) => {
    const size = c.argLo(NR_ARG);
    const at = size === 0 || size > 1024 ? -1 : readable(c, lo, hi, size);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const cpus: number[] = [];
    for (let i = 0; i < size * 8; i++) if (c.memory.bytes[at + (i >> 3)] & (1 << (i & 7))) cpus.push(i);
    c.sink.word(`[${cpus.join(" ")}]`);
  }),
);

/** Limits of io_uring's bounded and unbounded workers: asked for, then what was in force. */
registerValue("uring_workers", () =>
  pointerWalker(
    (c, lo, hi) => {
      const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 8);
      if (at < 0) {
        c.sink.addr(lo, hi);
        return;
      }
      const [bound = 0, unbound = 0] = c.call.saved;
      c.sink.word(`[[IO_WQ_BOUND]=${bound}, [IO_WQ_UNBOUND]=${unbound}]`);
      if (c.call.error === 0) {
        const v = c.memory.view;
        c.sink.becomes();
        c.sink.word(`[[IO_WQ_BOUND]=${v.getUint32(at, true)}, [IO_WQ_UNBOUND]=${v.getUint32(at + 4, true)}]`);
      }
    },
    (c, lo, hi) => {
      const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 8);
      if (at >= 0)
        c.call.saved.push(c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true));
    },
  ),
);

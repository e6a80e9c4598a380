/** struct perf_event_attr of perf_event_open(2) (linux/perf_event.h). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum, printFlags } from "../flags.ts";
import { registerValue } from "../walker.ts";
import { readable } from "./bytes.ts";

const VER0 = 64;
const LARGEST = 128;
/** What is looked at without -v: up to the bit fields. */
const SHORT = 48;
const E2BIG = 7;
const HARDWARE = 0;
const SOFTWARE = 1;
const TRACEPOINT = 2;
const HW_CACHE = 3;
const BREAKPOINT = 5;
const BRANCH_STACK = 1 << 11;
const STACK_USER = 1 << 13;

/** The bit fields from bit 0 on; `precise_ip` has two bits. */
const bits =
  "disabled inherit pinned exclusive exclude_user exclude_kernel exclude_hv exclude_idle mmap comm freq inherit_stat enable_on_exec task watermark precise_ip mmap_data sample_id_all exclude_host exclude_guest exclude_callchain_kernel exclude_callchain_user mmap2 comm_exec use_clockid context_switch write_backward namespaces ksymbol bpf_event aux_output cgroup text_poke build_id inherit_thread remove_on_exec sigtrap".split(
    " ",
  );
const FREQ = 10;
const WATERMARK = 14;
const PRECISE_IP = 15;
const USE_CLOCKID = 25;
const RESERVED = 38;
const precision = ["arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"];

function printConfig(c: Context, type: number, lo: number, hi: number): void {
  // the upper half says which kind of CPU is meant, where there are several (PERF_PMU_TYPE_SHIFT)
  if ((type === HARDWARE || type === HW_CACHE) && hi !== 0) c.sink.word(`${hexText(hi, 0)}<<32|`);
  if (type === HARDWARE) printEnum(c, F.perf_hardware, lo);
  else if (type === SOFTWARE) printEnum(c, F.perf_software, lo, hi);
  else if (type === TRACEPOINT) c.sink.ulong(lo, hi);
  else if (type === HW_CACHE) {
    if (lo >>> 24 !== 0) c.sink.word(`${hexText(lo >>> 24, 0)}<<24|`);
    printEnum(c, F.perf_cache_results, (lo >>> 16) & 0xff);
    c.sink.word("<<16|");
    printEnum(c, F.perf_cache_ops, (lo >>> 8) & 0xff);
    c.sink.word("<<8|");
    printEnum(c, F.perf_caches, lo & 0xff);
  } else c.sink.hex(lo, hi);
}

/** What a struct of `size` bytes holds, field by field; what lies behind its end is 0. */
function printRest(c: Context, at: number, size: number, type: number): void {
  const { sink } = c;
  const bytes = new DataView(new ArrayBuffer(LARGEST));
  new Uint8Array(bytes.buffer).set(c.memory.bytes.subarray(at, at + Math.min(size, LARGEST)));
  const u32 = (offset: number) => bytes.getUint32(offset, true);
  const ulong = (name: string, offset: number) => {
    sink.field(name);
    sink.ulong(u32(offset), u32(offset + 4));
  };
  const hex = (name: string, offset: number) => {
    sink.field(name);
    sink.hex(u32(offset), u32(offset + 4));
  };
  const num = (name: string, value: number) => {
    sink.field(name);
    sink.num(value);
  };
  const bit = (n: number) => (u32(40 + 4 * (n >> 5)) >>> (n & 31)) & 1;
  const sampleType = u32(24);

  ulong(bit(FREQ) ? "sample_freq" : "sample_period", 16);
  sink.field("sample_type");
  printFlags(c, F.perf_samples, sampleType, u32(28));
  sink.field("read_format");
  printFlags(c, F.perf_formats, u32(32), u32(36));
  for (const [i, name] of bits.entries()) {
    if (i !== PRECISE_IP) {
      const value = bit(i < PRECISE_IP ? i : i + 1);
      if (value !== 0 || c.verbose) num(name, value);
    } else {
      const value = bit(PRECISE_IP) | (bit(PRECISE_IP + 1) << 1);
      num(name, value);
      sink.comment(precision[value]);
    }
  }
  const reserved = u32(44) >>> (RESERVED - 32);
  if (reserved !== 0) {
    sink.field("__reserved_1");
    sink.hex(reserved, 0);
    sink.comment(`Bits 63..${RESERVED}`);
  }
  if (!c.verbose) return;
  num(bit(WATERMARK) ? "wakeup_watermark" : "wakeup_events", u32(48));
  const breakpoint = type === BREAKPOINT;
  if (breakpoint) {
    const kind = u32(52);
    sink.field("bp_type");
    const fallback = kind <= 7 ? "HW_BREAKPOINT_INVALID" : F.perf_breakpoints.fallback;
    sink.xlat(kind, 0, enumName(F.perf_breakpoints, kind), fallback, "hex");
  }
  hex(breakpoint ? "bp_addr" : "config1", 56);
  const rest: readonly (readonly [offset: number, print: () => void])[] = [
    [64, () => (breakpoint ? ulong("bp_len", 64) : hex("config2", 64))],
    [
      72,
      () => {
        if ((sampleType & BRANCH_STACK) === 0) return;
        sink.field("branch_sample_type");
        printFlags(c, F.perf_branches, u32(72), u32(76));
      },
    ],
    [80, () => hex("sample_regs_user", 80)],
    [
      88,
      () => {
        if ((sampleType & STACK_USER) === 0) return;
        sink.field("sample_stack_user");
        sink.hex(u32(88), 0);
      },
    ],
    [
      92,
      () => {
        if (!bit(USE_CLOCKID)) return;
        sink.field("clockid");
        printEnum(c, F.clock_ids, u32(92));
      },
    ],
    [96, () => hex("sample_regs_intr", 96)],
    [104, () => num("aux_watermark", u32(104))],
    [108, () => num("sample_max_stack", bytes.getUint16(108, true))],
    [
      110,
      () => {
        const value = bytes.getUint16(110, true);
        if (value !== 0) sink.comment(`bytes 110..111: ${hexText(value, 0)}`);
      },
    ],
    [112, () => num("aux_sample_size", u32(112))],
    [
      116,
      () => {
        const value = u32(116);
        if (value !== 0) sink.comment(`bytes 116..119: ${hexText(value, 0)}`);
      },
    ],
    [120, () => hex("sig_data", 120)],
  ];
  for (const [offset, print] of rest) {
    // a clock that is not used is not looked for
    if (offset >= size && !(offset === 92 && !bit(USE_CLOCKID))) return;
    print();
  }
}

registerValue("perf_event_attr", () => ({
  size: (c) => c.wordSize,
  memory(c, at) {
    c.wordAt(at);
    this.value(c, c.wordLo, c.wordHi);
  },
  value(c, lo, hi) {
    const [given] = c.call.saved;
    const failed = c.failed;
    c.failed = false;
    const size = Math.min(given === 0 ? VER0 : (given ?? 0), LARGEST);
    const shown = c.verbose ? size : SHORT;
    const at = size < VER0 ? -1 : readable(c, lo, hi, shown);
    if (at < 0) c.sink.addr(lo, hi);
    else {
      const v = c.memory.view;
      const type = v.getUint32(at, true);
      c.sink.openStruct();
      c.sink.field("type");
      printEnum(c, F.perf_types, type);
      c.sink.field("size");
      printEnum(c, F.perf_sizes, given);
      if (c.call.error === E2BIG) {
        c.sink.becomes();
        printEnum(c, F.perf_sizes, v.getUint32(at + 4, true));
      }
      c.sink.field("config");
      printConfig(c, type, v.getUint32(at + 8, true), v.getUint32(at + 12, true));
      printRest(c, at, shown, type);
      if (given > shown || !c.verbose) {
        c.sink.item();
        c.sink.more();
      }
      c.sink.closeStruct();
    }
    c.failed = failed;
  },
  enter(c, lo, hi) {
    const at = readable(c, lo, hi, 8);
    if (at >= 0) c.call.saved.push(c.memory.view.getUint32(at + 4, true));
  },
}));

/** bpf(2)'s commands (enum bpf_cmd of linux/bpf.h) and the attributes each has. */
import * as F from "../../abi/flags.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { printArray, printBytes } from "../pointers.ts";
import { registerValue } from "../walker.ts";
import {
  type Attributes,
  addr,
  changing,
  fd,
  fdWalker,
  hex32,
  hex64,
  network,
  numbers,
  one,
  one64,
  type Print,
  path,
  printSteps,
  process,
  program,
  type Step,
  s32,
  some,
  some64,
  string,
  text,
  u32,
  u64,
  version,
} from "./bpf-values.ts";

const lookup: readonly Step[] = [
  ["map_fd", 0, fd],
  ["key", 8, addr],
  ["value", 16, addr],
  24,
  ["flags", 24, some64(F.bpf_lookup_flags)],
];
const pin: readonly Step[] = [
  ["pathname", 0, path],
  ["bpf_fd", 8, fd],
  12,
  ["file_flags", 12, some(F.bpf_file_flags)],
  16,
  ["path_fd", 16, (c, a, at) => compile({ kind: "dirfd" }).value(c, a.u32(at), 0)],
];
const attach: readonly Step[] = [
  ["target_fd", 0, fd],
  ["attach_bpf_fd", 4, fd],
  ["attach_type", 8, one(F.bpf_attach_types)],
  ["attach_flags", 12, some(F.bpf_attach_flags)],
  16,
  ["replace_bpf_fd", 16, fd],
  20,
  ["relative_fd", 20, fd],
  ["expected_revision", 24, u64],
];
const someId = (name: string): readonly Step[] => [
  [name, 0, u32],
  ["next_id", 4, u32],
  8,
  ["open_flags", 8, some(F.bpf_file_flags)],
];
const nextId = someId("start_id");
const batchKeys: readonly Step[] = [
  ["count", 32, u32],
  ["map_fd", 36, fd],
  ["elem_flags", 40, some64(F.bpf_update_flags)],
  ["flags", 48, hex64],
];
const lookupBatch: readonly Step[] = [
  ["in_batch", 0, addr],
  ["out_batch", 8, addr],
  ["keys", 16, addr],
  ["values", 24, addr],
  ...batchKeys,
];

/** What a link's attributes go on with, by what it is attached to (numbers of enum bpf_attach_type). */
const BPF_TRACE_FENTRY = 24;
const BPF_MODIFY_RETURN = 26;
const BPF_LSM_MAC = 27;
const BPF_TRACE_ITER = 28;
const BPF_PERF_EVENT = 41;
const BPF_TRACE_KPROBE_MULTI = 42;
const CGROUP_TYPES = new Set([
  0, 1, 2, 3, 6, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 29, 30, 31, 32, 34,
]);
const words =
  (count: (a: Attributes) => number, kind: "hex" | "string"): Print =>
  (c, a, at) => {
    const lo = a.u32(at);
    const hi = a.u32(at + 4);
    const walker =
      kind === "hex" ? compile({ kind: "special", name: "hex64" }) : compile({ kind: "cstring" });
    if ((lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) c.sink.addr(lo, hi);
    else printArray(c, walker, lo, hi, count(a));
  };
const probes = (a: Attributes) => a.u32(20);
/** Members, and where the attributes end with them. */
type Union = { readonly steps: readonly Step[]; readonly end: number };
function linkUnion(a: Attributes): Union {
  const type = a.u32(8);
  if (type === BPF_TRACE_ITER)
    return {
      steps: [
        [
          "iter_info",
          16,
          (c, x, at) => {
            const lo = x.u32(at);
            const hi = x.u32(at + 4);
            if ((lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) c.sink.addr(lo, hi);
            else printArray(c, compile({ kind: "special", name: "bpf_iter_info" }), lo, hi, x.u32(24));
          },
        ],
        ["iter_info_len", 24, u32],
      ],
      end: 28,
    };
  if (type === BPF_PERF_EVENT)
    return { steps: [["perf_event", 16, nested([["bpf_cookie", 16, hex64]])]], end: 24 };
  if ((type >= BPF_TRACE_FENTRY && type <= BPF_MODIFY_RETURN) || type === BPF_LSM_MAC)
    return {
      steps: [
        [
          "tracing",
          16,
          nested([
            ["target_btf_id", 16, u32],
            ["cookie", 24, hex64],
          ]),
        ],
      ],
      end: 32,
    };
  if (type === BPF_TRACE_KPROBE_MULTI)
    return {
      steps: [
        [
          "kprobe_multi",
          16,
          nested([
            ["flags", 16, some(F.bpf_kprobe_flags)],
            ["cnt", 20, u32],
            ["syms", 24, words(probes, "string")],
            ["addrs", 32, words(probes, "hex")],
            ["cookies", 40, words(probes, "hex")],
          ]),
        ],
      ],
      end: 48,
    };
  if (CGROUP_TYPES.has(type)) return { steps: a.u32(16) === 0 ? [] : [["target_btf_id", 16, u32]], end: 20 };
  return { steps: [], end: 16 };
}
/** A struct in the union: its own braces. */
function nested(steps: readonly Step[]): Print {
  return (c, a) => {
    c.sink.openStruct();
    printSteps(c, a, steps);
    c.sink.closeStruct();
  };
}
registerValue("bpf_iter_info", () => ({
  size: () => 4,
  value: (c, lo) => c.sink.num(lo),
  memory(c, at) {
    c.sink.openStruct();
    c.sink.field("map");
    c.sink.openStruct();
    c.sink.field("map_fd");
    fdWalker.value(c, c.memory.view.getUint32(at, true), 0);
    c.sink.closeStruct();
    c.sink.closeStruct();
  },
}));

export interface Command {
  readonly steps: readonly Step[];
  /** Bytes that are known; what follows is shown if it is not all 0. */
  readonly size: number | ((a: Attributes) => number);
  /** The members are in a struct of this name. */
  readonly group?: string;
  /** A member the call changes, kept from when it began. */
  readonly saves?: number;
}

const linkSize = (a: Attributes): number => (a.size <= 16 ? 60 : linkUnion(a).end);
/** Commands by number (enum bpf_cmd). */
export const commands: readonly (Command | undefined)[] = [
  {
    size: 92,
    steps: [
      ["map_type", 0, one(F.bpf_map_types)],
      ["key_size", 4, u32],
      ["value_size", 8, u32],
      ["max_entries", 12, u32],
      16,
      ["map_flags", 16, some(F.bpf_map_flags)],
      20,
      ["inner_map_fd", 20, fd],
      24,
      (a) => (a.u32(16) & 4 ? [["numa_node", 24, numaNode]] : []),
      28,
      ["map_name", 28, text(16)],
      44,
      ["map_ifindex", 44, network],
      48,
      ["btf_fd", 48, fd],
      ["btf_key_type_id", 52, u32],
      ["btf_value_type_id", 56, u32],
      60,
      ["btf_vmlinux_value_type_id", 60, u32],
      64,
      ["map_extra", 64, u64],
      72,
      ["value_type_btf_obj_fd", 72, fd],
      76,
      ["map_token_fd", 76, fd],
      80,
      ["excl_prog_hash", 80, addr],
      ["excl_prog_hash_size", 88, u32],
    ],
  },
  { size: 32, steps: lookup },
  {
    size: 32,
    steps: [
      ["map_fd", 0, fd],
      ["key", 8, addr],
      ["value", 16, addr],
      ["flags", 24, one64(F.bpf_update_flags)],
    ],
  },
  {
    size: 16,
    steps: [
      ["map_fd", 0, fd],
      ["key", 8, addr],
    ],
  },
  {
    size: 24,
    steps: [
      ["map_fd", 0, fd],
      ["key", 8, addr],
      ["next_key", 16, addr],
    ],
  },
  {
    size: 168,
    steps: [
      ["prog_type", 0, one(F.bpf_prog_types)],
      ["insn_cnt", 4, u32],
      ["insns", 8, program],
      ["license", 16, string(() => Infinity)],
      24,
      ["log_level", 24, u32],
      ["log_size", 28, u32],
      ["log_buf", 32, string((a) => a.u32(28))],
      40,
      ["kern_version", 40, version],
      44,
      ["prog_flags", 44, some(F.bpf_prog_flags)],
      48,
      ["prog_name", 48, text(16)],
      64,
      ["prog_ifindex", 64, network],
      68,
      ["expected_attach_type", 68, one(F.bpf_attach_types)],
      72,
      ["prog_btf_fd", 72, fd],
      ["func_info_rec_size", 76, u32],
      ["func_info", 80, addr],
      ["func_info_cnt", 88, u32],
      ["line_info_rec_size", 92, u32],
      ["line_info", 96, addr],
      ["line_info_cnt", 104, u32],
      108,
      ["attach_btf_id", 108, u32],
      112,
      ["attach_prog_fd", 112, fd],
      120,
      (a) => (a.size > 128 ? [["core_relo_cnt", 116, u32]] : []),
      ["fd_array", 120, addr],
      128,
      ["core_relos", 128, addr],
      ["core_relo_rec_size", 136, u32],
      140,
      ["log_true_size", 140, u32],
      144,
      ["prog_token_fd", 144, fd],
      148,
      ["fd_array_cnt", 148, u32],
      152,
      ["signature", 152, (c, a, at) => printBytes(c, a.u32(at), a.u32(at + 4), a.u32(160))],
      ["signature_size", 160, u32],
      ["keyring_id", 164, s32],
    ],
  },
  { size: 20, steps: pin },
  { size: 20, steps: pin },
  { size: 32, steps: attach },
  {
    size: 12,
    steps: [
      ["target_fd", 0, fd],
      ["attach_type", 8, one(F.bpf_attach_types)],
    ],
  },
  {
    size: 76,
    group: "test",
    steps: [
      ["prog_fd", 0, fd],
      ["retval", 4, u32],
      ["data_size_in", 8, u32],
      ["data_size_out", 12, u32],
      ["data_in", 16, addr],
      ["data_out", 24, addr],
      ["repeat", 32, u32],
      ["duration", 36, u32],
      40,
      ["ctx_size_in", 40, u32],
      ["ctx_size_out", 44, u32],
      ["ctx_in", 48, addr],
      ["ctx_out", 56, addr],
      64,
      ["flags", 64, some(F.bpf_test_flags)],
      ["cpu", 68, u32],
      72,
      ["batch_size", 72, u32],
    ],
  },
  { size: 12, steps: nextId },
  { size: 12, steps: nextId },
  { size: 12, steps: someId("prog_id") },
  { size: 12, steps: someId("map_id") },
  {
    size: 16,
    group: "info",
    saves: 4,
    steps: [
      ["bpf_fd", 0, fd],
      ["info_len", 4, changing],
      ["info", 8, addr],
    ],
  },
  {
    size: 64,
    group: "query",
    saves: 24,
    steps: [
      ["target_fd", 0, fd],
      ["attach_type", 4, one(F.bpf_attach_types)],
      ["query_flags", 8, some(F.bpf_query_flags)],
      ["attach_flags", 12, some(F.bpf_attach_flags)],
      ["prog_ids", 16, numbers((a) => a.u32(24))],
      ["prog_cnt", 24, changing],
      32,
      ["prog_attach_flags", 32, numbers((a) => a.u32(24), F.bpf_attach_flags)],
      40,
      ["link_ids", 40, numbers((a) => a.u32(24))],
      ["link_attach_flags", 48, numbers((a) => a.u32(24), F.bpf_attach_flags)],
      ["revision", 56, hex64],
    ],
  },
  {
    size: 24,
    group: "raw_tracepoint",
    steps: [
      ["name", 0, string(() => 128)],
      ["prog_fd", 8, fd],
      (a) => (a.size >= 24 ? [["cookie", 16, hex64]] : []),
    ],
  },
  {
    size: 40,
    steps: [
      ["btf", 0, (c, a, at) => printBytes(c, a.u32(at), a.u32(at + 4), a.u32(16))],
      ["btf_log_buf", 8, addr],
      ["btf_size", 16, u32],
      ["btf_log_size", 20, u32],
      ["btf_log_level", 24, u32],
      28,
      ["btf_log_true_size", 28, u32],
      32,
      ["btf_flags", 32, some(F.bpf_file_flags)],
      ["btf_token_fd", 36, fd],
    ],
  },
  {
    size: 16,
    steps: [["btf_id", 0, u32], 8, ["open_flags", 8, some(F.bpf_file_flags)], ["fd_by_id_token_fd", 12, fd]],
  },
  {
    size: 48,
    group: "task_fd_query",
    saves: 12,
    steps: [
      ["pid", 0, process],
      ["fd", 4, fd],
      ["flags", 8, u32],
      ["buf_len", 12, changing],
      ["buf", 16, string((a) => Math.min(a.c.call.saved[0] ?? 0, a.u32(12)))],
      ["prog_id", 24, u32],
      ["fd_type", 28, one(F.bpf_fd_types)],
      ["probe_offset", 32, hex64],
      ["probe_addr", 40, hex64],
    ],
  },
  { size: 32, steps: lookup },
  { size: 4, steps: [["map_fd", 0, fd]] },
  { size: 12, steps: nextId },
  { size: 56, group: "batch", saves: 32, steps: lookupBatch },
  { size: 56, group: "batch", saves: 32, steps: lookupBatch },
  {
    size: 56,
    group: "batch",
    saves: 32,
    steps: [["keys", 16, addr], ["values", 24, addr], ...batchKeys],
  },
  { size: 56, group: "batch", saves: 32, steps: [["keys", 16, addr], ...batchKeys] },
  {
    size: linkSize,
    group: "link_create",
    steps: [
      ["prog_fd", 0, fd],
      ["target_fd", 4, fd],
      ["attach_type", 8, one(F.bpf_attach_types)],
      ["flags", 12, hex32],
      16,
      (a) => linkUnion(a).steps,
    ],
  },
  {
    size: 16,
    group: "link_update",
    steps: [
      ["link_fd", 0, fd],
      ["new_prog_fd", 4, fd],
      ["flags", 8, some(F.bpf_attach_flags)],
      (a) => (a.u32(8) & 4 ? [["old_prog_fd", 12, fd]] : []),
    ],
  },
  { size: 4, steps: [["link_id", 0, u32]] },
  { size: 12, steps: nextId },
  { size: 4, group: "enable_stats", steps: [["type", 0, one(F.bpf_stats)]] },
  {
    size: 8,
    group: "iter_create",
    steps: [
      ["link_fd", 0, fd],
      ["flags", 4, hex32],
    ],
  },
  { size: 4, group: "link_detach", steps: [["link_fd", 0, fd]] },
  {
    size: 12,
    group: "prog_bind_map",
    steps: [
      ["prog_fd", 0, fd],
      ["map_fd", 4, fd],
      ["flags", 8, hex32],
    ],
  },
];

const NO_NODE = 0xffffffff;
function numaNode(c: Context, a: Attributes, at: number): void {
  const node = a.u32(at);
  c.sink.num(node);
  if (node === NO_NODE && c.options.xlat !== "raw") c.sink.comment("NUMA_NO_NODE");
}

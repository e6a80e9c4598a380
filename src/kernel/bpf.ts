/**
 * bpf(2), typed: maps, programs and the links that attach them. Structures are those of union bpf_attr
 * (include/uapi/linux/bpf.h). Everything made here is a descriptor of this process and ends with it: nothing is
 * pinned, so even SIGKILL leaves nothing of ours in the kernel.
 */
import { closeSync, readFileSync, readSync } from "node:fs";
import { SysError } from "../base/errors.ts";
import { addressOf, errno, libc, sysError } from "./ffi.ts";

// addresses instead of pointers: koffi would convert a typed array anew at every call
const syscall = libc("long syscall(long nr, long cmd, intptr_t attr, long size)");
const NR_BPF = process.arch === "arm64" ? 280 : 321;
const ATTR_SIZE = 160;

const BPF_MAP_CREATE = 0;
const BPF_MAP_LOOKUP_ELEM = 1;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_MAP_DELETE_ELEM = 3;
const BPF_MAP_GET_NEXT_KEY = 4;
const BPF_PROG_LOAD = 5;
const BPF_PROG_TEST_RUN = 10;
const BPF_RAW_TRACEPOINT_OPEN = 17;
const BPF_BTF_LOAD = 18;
const BPF_LINK_CREATE = 28;
const BPF_ITER_CREATE = 33;

export const mapTypes = {
  hash: 1,
  array: 2,
  programs: 3,
  perCpuArray: 6,
  cgroups: 8,
  ringBuffer: 27,
  taskStorage: 29,
} as const;

export const programTypes = { rawTracepoint: 17, perfEvent: 7, tracing: 26 } as const;

/** BPF_F_NO_PREALLOC; task storage demands it. */
export const NO_PREALLOC = 1;
/** BPF_F_MMAPABLE (5.5). */
export const MMAPABLE = 1 << 10;
const BPF_TRACE_RAW_TP = 23;
const BPF_TRACE_ITER = 28;

const EPERM = 1;
const ENOENT = 2;
const ENOSPC = 28;

const attr = new Uint8Array(ATTR_SIZE);
const view = new DataView(attr.buffer);
const attrAt = addressOf(attr);

function clear(): void {
  attr.fill(0);
}

function u32(offset: number, value: number): void {
  view.setUint32(offset, value, true);
}

function u64(offset: number, value: number): void {
  view.setBigUint64(offset, BigInt(value), true);
}

function name(offset: number, text: string): void {
  for (let i = 0; i < Math.min(text.length, 15); i++) attr[offset + i] = text.charCodeAt(i);
}

function bpf(cmd: number): number {
  return Number(syscall(NR_BPF, cmd, attrAt, ATTR_SIZE));
}

/** What to do about a refusal. */
function refusal(code: number): string | undefined {
  if (code !== EPERM) return undefined;
  const lockdown = /\[(integrity|confidentiality)\]/.exec(read("/sys/kernel/security/lockdown"))?.[1];
  if (lockdown === "confidentiality")
    return "Operation not permitted; the kernel is locked down (confidentiality); use --engine ptrace";
  if (process.getuid?.() !== 0)
    return "Operation not permitted; run as root, or with the capabilities BPF and PERFMON; or use --engine ptrace";
  return "Operation not permitted; in a container, add the capabilities BPF and PERFMON; or use --engine ptrace";
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function checked(result: number, call: string): number {
  if (result >= 0) return result;
  const code = errno();
  throw sysError(call, code, refusal(code));
}

export interface MapSpec {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number;
  /** Descriptor of BTF data and the type ids of key and value, for map types that demand them. */
  readonly btf?: { readonly fd: number; readonly key: number; readonly value: number };
}

/** A map; sizes in bytes. */
export interface BpfMap extends MapSpec {
  readonly fd: number;
}

/** Throws SysError. */
export function createMap(spec: MapSpec): BpfMap {
  clear();
  u32(0, spec.type);
  u32(4, spec.keySize);
  u32(8, spec.valueSize);
  u32(12, spec.maxEntries);
  u32(16, spec.flags ?? 0);
  name(28, spec.name);
  if (spec.btf) {
    u32(48, spec.btf.fd);
    u32(52, spec.btf.key);
    u32(56, spec.btf.value);
  }
  return { ...spec, fd: checked(bpf(BPF_MAP_CREATE), `bpf(BPF_MAP_CREATE, ${spec.name})`) };
}

function element(map: BpfMap, key: ArrayBufferView, value: number, flags: number): void {
  clear();
  u32(0, map.fd);
  u64(8, addressOf(key));
  u64(16, value);
  u64(24, flags);
}

/** Copies the value of `key` into `value`; false when there is none. Throws SysError. */
export function lookup(map: BpfMap, key: ArrayBufferView, value: ArrayBufferView): boolean {
  element(map, key, addressOf(value), 0);
  if (bpf(BPF_MAP_LOOKUP_ELEM) === 0) return true;
  if (errno() === ENOENT) return false;
  throw sysError(`bpf(BPF_MAP_LOOKUP_ELEM, ${map.name})`);
}

/** Throws SysError. */
export function update(map: BpfMap, key: ArrayBufferView, value: ArrayBufferView): void {
  element(map, key, addressOf(value), 0);
  checked(bpf(BPF_MAP_UPDATE_ELEM), `bpf(BPF_MAP_UPDATE_ELEM, ${map.name})`);
}

const BPF_NOEXIST = 1;
const EEXIST = 17;

/** Like update, for a key that has no value; false when it has one, or names a task that is gone. Throws SysError. */
export function insert(map: BpfMap, key: ArrayBufferView, value: ArrayBufferView): boolean {
  element(map, key, addressOf(value), BPF_NOEXIST);
  const result = bpf(BPF_MAP_UPDATE_ELEM);
  if (result < 0 && (errno() === EEXIST || errno() === ENOENT)) return false;
  checked(result, `bpf(BPF_MAP_UPDATE_ELEM, ${map.name})`);
  return true;
}

/** False when there was none. */
export function remove(map: BpfMap, key: ArrayBufferView): boolean {
  element(map, key, 0, 0);
  return bpf(BPF_MAP_DELETE_ELEM) === 0;
}

/** Puts the key after `key` (any key when undefined) into `next`; false at the end. */
export function nextKey(map: BpfMap, key: ArrayBufferView | undefined, next: ArrayBufferView): boolean {
  element(map, next, addressOf(next), 0);
  u64(8, key ? addressOf(key) : 0);
  return bpf(BPF_MAP_GET_NEXT_KEY) === 0;
}

/** Loads BTF data. Throws SysError. */
export function loadBtf(data: Uint8Array): number {
  clear();
  u64(0, addressOf(data));
  u32(16, data.length);
  return checked(bpf(BPF_BTF_LOAD), "bpf(BPF_BTF_LOAD)");
}

export interface ProgramSpec {
  readonly name: string;
  readonly type: number;
  /** struct bpf_insn[], 8 bytes each. */
  readonly code: Uint8Array;
  /** For tracing programs: type id in the kernel's BTF of what they attach to. */
  readonly attachTo?: number;
  /** It is an iterator: what it attaches to is a function that calls it for one object after the other. */
  readonly iterates?: boolean;
  /** For programs of several functions: BTF data, and of each function the instruction it begins at and its type there. */
  readonly functions?: { readonly btf: number; readonly info: Uint32Array };
}

/** The verifier said no; `log` is what it said. */
export class VerifierError extends SysError {
  constructor(
    error: SysError,
    readonly program: string,
    readonly log: string,
  ) {
    super(error.call, error.errno, error.code, error.text, error.hint ?? `${error.text}; ${lastLine(log)}`);
  }
}

/** The last line that says why: statistics come after it. */
function lastLine(log: string): string {
  const lines = log.trimEnd().split("\n");
  return lines.filter((l) => !/^(processed|verification time|stack depth)/.test(l)).at(-1) ?? "";
}

/** struct bpf_func_info */
const FUNC_INFO_BYTES = 8;
const LOG_BYTES = 1 << 24;
const license = Buffer.from("GPL\0");

/** Loads a program and returns its descriptor. Throws VerifierError with the log, or SysError. */
export function loadProgram(spec: ProgramSpec): number {
  const fd = tryLoad(spec, undefined);
  if (fd >= 0) return fd;
  const code = failed;
  const call = `bpf(BPF_PROG_LOAD, ${spec.name})`;
  if (code === EPERM) throw sysError(call, code, refusal(code));
  const log = Buffer.alloc(LOG_BYTES);
  const again = tryLoad(spec, log);
  if (again >= 0) return again;
  const second = failed;
  const end = log.indexOf(0);
  const text = log.toString("latin1", 0, end < 0 ? log.length : end);
  throw new VerifierError(sysError(call, second === ENOSPC ? code : second), spec.name, text);
}

const sigmask = libc("int pthread_sigmask(int how, void *set, void *oldset)");
const SIG_BLOCK = 0;
const SIG_SETMASK = 2;
const allSignals = new BigUint64Array(16).fill(0xffffffffffffffffn);
const oldMask = new BigUint64Array(16);
/** Errno of the last load. */
let failed = 0;

function tryLoad(spec: ProgramSpec, log: Uint8Array | undefined): number {
  clear();
  u32(0, spec.type);
  u32(4, spec.code.length / 8);
  u64(8, addressOf(spec.code));
  u64(16, addressOf(license));
  if (log) {
    u32(24, 1);
    u32(28, log.length);
    u64(32, addressOf(log));
  }
  name(48, spec.name);
  if (spec.type === programTypes.tracing) u32(68, spec.iterates ? BPF_TRACE_ITER : BPF_TRACE_RAW_TP);
  if (spec.functions) {
    const { btf, info } = spec.functions;
    u32(72, btf);
    u32(76, FUNC_INFO_BYTES);
    u64(80, addressOf(info));
    u32(88, info.byteLength / FUNC_INFO_BYTES);
  }
  u32(108, spec.attachTo ?? 0);
  // the verifier gives up with EAGAIN when a signal is pending (do_check, kernel/bpf/verifier.c)
  sigmask(SIG_BLOCK, allSignals, oldMask);
  const fd = bpf(BPF_PROG_LOAD);
  const code = errno();
  sigmask(SIG_SETMASK, oldMask, null);
  failed = code;
  return fd;
}

/** Attaches a tracing program to the tracepoint it was loaded for; the link is closed to detach. Throws SysError. */
export function attachTracepoint(program: number, what: string): number {
  clear();
  u32(8, program);
  return checked(bpf(BPF_RAW_TRACEPOINT_OPEN), `bpf(BPF_RAW_TRACEPOINT_OPEN, ${what})`);
}

/** Runs a raw tracepoint program once in this thread. Throws SysError. */
export function runOnce(program: number): void {
  clear();
  u32(0, program);
  checked(bpf(BPF_PROG_TEST_RUN), "bpf(BPF_PROG_TEST_RUN)");
}

const pass = Buffer.alloc(64);

/** Has an iterator look at all there is, once (5.8). Throws SysError. */
export function iterate(program: number): void {
  clear();
  u32(0, program);
  u32(8, BPF_TRACE_ITER);
  const link = checked(bpf(BPF_LINK_CREATE), "bpf(BPF_LINK_CREATE)");
  try {
    clear();
    u32(0, link);
    const iterator = checked(bpf(BPF_ITER_CREATE), "bpf(BPF_ITER_CREATE)");
    try {
      // it writes nothing: reading only has it run
      while (readSync(iterator, pass) > 0);
    } finally {
      closeSync(iterator);
    }
  } finally {
    closeSync(link);
  }
}

/** Closes descriptors of maps, programs or links. */
export function release(...fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}

/**
 * The running kernel's type information (/sys/kernel/btf/vmlinux): where fields are in its structures, and the ids
 * of what tracing programs attach to. Format: Documentation/bpf/btf.rst.
 */
import { readFileSync } from "node:fs";
import { sysErrorFrom } from "./node-errors.ts";

const PATH = "/sys/kernel/btf/vmlinux";

const INT = 1;
const POINTER = 2;
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const TYPEDEF = 8;
const FUNC = 12;
const FUNC_PROTO = 13;
const VAR = 14;
const DATASEC = 15;
const DECL_TAG = 17;
const ENUM64 = 19;
/** Kinds that only refer to another type: const, volatile, typedef, restrict, type tag. */
const TRANSPARENT = new Set([TYPEDEF, 9, 10, 11, 18]);

/** Bytes after the 12-byte head of a type with `n` members. */
function extra(kind: number, n: number): number {
  switch (kind) {
    case INT:
    case VAR:
    case DECL_TAG:
      return 4;
    case ARRAY:
      return 12;
    case STRUCT:
    case UNION:
    case ENUM64:
    case DATASEC:
      return 12 * n;
    case ENUM:
    case FUNC_PROTO:
      return 8 * n;
    default:
      return 0;
  }
}

export class KernelBtf {
  private readonly view: DataView;
  private readonly strings: Buffer;
  /** Where each type begins, by id. */
  private readonly at: Uint32Array;
  private readonly count: number;

  constructor(bytes: Buffer) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const header = this.view.getUint32(4, true);
    const types = header + this.view.getUint32(8, true);
    const end = types + this.view.getUint32(12, true);
    const names = header + this.view.getUint32(16, true);
    this.strings = bytes.subarray(names, names + this.view.getUint32(20, true));
    const at = new Uint32Array(((end - types) / 12 + 2) | 0);
    let id = 1;
    for (let p = types; p < end; id++) {
      at[id] = p;
      const info = this.view.getUint32(p + 4, true);
      p += 12 + extra((info >>> 24) & 0x1f, info & 0xffff);
    }
    this.at = at;
    this.count = id;
  }

  /** Id of the first type of that kind and name, or 0. */
  private find(kind: number, name: string): number {
    const offset = this.strings.indexOf(`\0${name}\0`, 0, "latin1") + 1;
    if (offset === 0) return 0;
    for (let id = 1; id < this.count; id++) {
      const p = this.at[id];
      if (this.view.getUint32(p, true) === offset && this.kind(id) === kind) return id;
    }
    return 0;
  }

  private kind(id: number): number {
    return (this.view.getUint32(this.at[id] + 4, true) >>> 24) & 0x1f;
  }

  private name(offset: number): string {
    return this.strings.toString("latin1", offset, this.strings.indexOf(0, offset));
  }

  /** Type id a tracing program names to attach to a tracepoint; 0 when this kernel has none of that name. */
  tracepoint(name: string): number {
    return this.find(TYPEDEF, `btf_trace_${name}`);
  }

  /** How many arguments a tracing program gets at a tracepoint: those of the kernel's probes but the first. */
  tracepointArguments(name: string): number {
    const pointer = this.resolve(this.tracepoint(name));
    if (this.kind(pointer) !== POINTER) return 0;
    const p = this.at[this.view.getUint32(this.at[pointer] + 8, true)];
    return (this.view.getUint32(p + 4, true) & 0xffff) - 1;
  }

  /** Id of a variable that each CPU has one of; 0 when this kernel has none of that name, or does not tell of it. */
  cpuVariable(name: string): number {
    return this.find(VAR, name);
  }

  /** Type id a program calls a function of the kernel by; 0 when this kernel has none of that name. */
  kernelFunction(name: string): number {
    return this.find(FUNC, name);
  }

  /**
   * Bytes from the start of `struct name` to a field, `a.b` going into structures it contains and `a->b` being two
   * questions. -1 when this kernel has no such field.
   */
  offset(name: string, path: string): number {
    let id = this.find(STRUCT, name);
    let total = 0;
    for (const part of path.split(".")) {
      const found = id === 0 ? undefined : this.member(id, part);
      if (!found) return -1;
      total += found.offset;
      id = this.resolve(found.type);
    }
    return total;
  }

  private resolve(id: number): number {
    let t = id;
    while (t !== 0 && TRANSPARENT.has(this.kind(t))) t = this.view.getUint32(this.at[t] + 8, true);
    return t;
  }

  /** Looks into anonymous structs and unions too. */
  private member(id: number, name: string): { offset: number; type: number } | undefined {
    const kind = this.kind(id);
    if (kind !== STRUCT && kind !== UNION) return undefined;
    const info = this.view.getUint32(this.at[id] + 4, true);
    const bitfields = info >>> 31 === 1;
    for (let i = 0; i < (info & 0xffff); i++) {
      const p = this.at[id] + 12 + 12 * i;
      const type = this.view.getUint32(p + 4, true);
      const raw = this.view.getUint32(p + 8, true);
      const offset = (bitfields ? raw & 0xffffff : raw) / 8;
      const nameAt = this.view.getUint32(p, true);
      if (nameAt === 0) {
        const inner = this.member(this.resolve(type), name);
        if (inner) return { offset: offset + inner.offset, type: inner.type };
      } else if (this.name(nameAt) === name) return { offset, type };
    }
    return undefined;
  }
}

let kernel: KernelBtf | undefined;

/** Of the running kernel; read once. Throws SysError where the kernel was built without it. */
export function kernelBtf(): KernelBtf {
  if (kernel) return kernel;
  try {
    kernel = new KernelBtf(readFileSync(PATH));
  } catch (error) {
    throw sysErrorFrom(
      error,
      `open(${PATH})`,
      "the kernel has no type information (CONFIG_DEBUG_INFO_BTF); use --engine ptrace",
    );
  }
  return kernel;
}

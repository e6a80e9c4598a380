/** Puts maps and programs into the kernel, and takes them out again. */

import * as bpf from "../../kernel/bpf.ts";
import { kernelBtf } from "../../kernel/btf.ts";
import { BtfBuilder } from "../../kernel/btf-builder.ts";
import { openCgroup } from "../../kernel/cgroup-fd.ts";
import { onlineCpus, possibleCpus } from "../../kernel/cpus.ts";
import { runAtFrequency } from "../../kernel/perf.ts";
import { openTask } from "../../kernel/thread-fd.ts";
import { Assembler, r0, r1, r2, r3, r6 } from "./asm.ts";
import { iteratorId, type KernelFields, kernelFields, tracepointId, UPID_BYTES } from "./kernel-fields.ts";
import * as L from "./layout.ts";
import { type Maps, TABLE_BYTES } from "./programs/index.ts";
import { STATE_BYTES } from "./reads.ts";
import { createLanes, Rings } from "./rings.ts";

/** Programs and maps of one engine. All are this process's: they end with it, however it ends. */
export class Kernel {
  private readonly fds: number[] = [];
  private readonly links: number[] = [];
  readonly maps: Maps;
  readonly fields: KernelFields;
  /** What the programs send, in memory of ours. */
  readonly rings: Rings;
  private readonly counted: BigUint64Array;

  /** `ringBytes`: a power of two of at least a page. `lanes`: calls have a ring for each CPU besides. Throws SysError. */
  constructor(ringBytes: number, lanes: boolean) {
    try {
      // tasks are given their state by such descriptors
      bpf.release(openTask(process.pid));
      this.maps = this.createMaps(ringBytes, lanes);
      this.rings = new Rings(this.maps.events, this.maps.lanes);
      this.fields = kernelFields(this.ownLevel());
    } catch (error) {
      this.close();
      throw error;
    }
    this.counted = new BigUint64Array((possibleCpus() * L.counters.bytes) / 8);
  }

  /** It is closed with the rest. */
  keep(fd: number): number {
    this.fds.push(fd);
    return fd;
  }

  map(spec: bpf.MapSpec): bpf.BpfMap {
    const map = bpf.createMap(spec);
    this.keep(map.fd);
    return map;
  }

  private createMaps(ringBytes: number, lanes: boolean): Maps {
    const btf = { fd: this.keep(bpf.loadBtf(stateBtf())), key: 1, value: 3 };
    const one = { type: bpf.mapTypes.array, keySize: 4, maxEntries: 1 };
    const compat = { ...one, type: bpf.mapTypes.programs, valueSize: 4 };
    return {
      tasks: this.map({
        name: "svtrace_tasks",
        type: bpf.mapTypes.taskStorage,
        keySize: 4,
        valueSize: STATE_BYTES,
        maxEntries: 0,
        flags: bpf.NO_PREALLOC,
        btf,
      }),
      events: this.map({
        name: "svtrace_events",
        type: bpf.mapTypes.ringBuffer,
        keySize: 0,
        valueSize: 0,
        maxEntries: ringBytes,
      }),
      lanes: lanes ? createLanes(onlineCpus(), (spec) => this.map(spec)) : undefined,
      counters: this.map({
        ...one,
        name: "svtrace_counts",
        type: bpf.mapTypes.perCpuArray,
        valueSize: L.counters.bytes,
      }),
      config: this.map({ ...one, name: "svtrace_config", valueSize: L.config.bytes }),
      cgroup: this.map({ ...one, name: "svtrace_cgroup", type: bpf.mapTypes.cgroups, valueSize: 4 }),
      compatEntry: this.map({ ...compat, name: "svtrace_entry32" }),
      compatExit: this.map({ ...compat, name: "svtrace_exit32" }),
      tables: this.map({ ...one, name: "svtrace_tables", valueSize: TABLE_BYTES }),
    };
  }

  /** Our process as the kernel numbers it: not the pid we know where we have a pid namespace of our own. */
  ownPid = 0;

  /** How deep the pid namespace of this process is; which it is stays in the configuration. A program looks, once. */
  private ownLevel(): number {
    const btf = kernelBtf();
    const a = new Assembler("svtrace_level");
    a.call("get_current_task_btf").load(8, r3, r0, btf.offset("task_struct", "thread_pid"));
    a.load(4, r1, r3, btf.offset("pid", "level")).load(4, r2, r0, btf.offset("task_struct", "tgid"));
    a.mapValue(r6, this.maps.config).store(4, r6, L.config.mode, r1).store(4, r6, L.config.ownPid, r2);
    a.alu("mul", r1, UPID_BYTES)
      .add(r3, r1)
      .add(r3, btf.offset("pid", "numbers") + btf.offset("upid", "ns"));
    a.mov(r1, r6).add(r1, L.config.pidNamespace).mov(r2, 8).call("probe_read_kernel");
    a.mov(r0, 0).exit();
    const program = this.load(a, bpf.programTypes.rawTracepoint);
    bpf.runOnce(program);
    const value = new Uint32Array(L.config.bytes / 4);
    bpf.lookup(this.maps.config, zero, value);
    const level = value[L.config.mode / 4];
    this.ownPid = value[L.config.ownPid / 4];
    value[L.config.mode / 4] = 0;
    value[L.config.ownPid / 4] = 0;
    bpf.update(this.maps.config, zero, value);
    return level;
  }

  /** Loads a program; the verifier's refusal names the step of it. Throws SysError. */
  load(a: Assembler, type: number, attachTo?: number, iterates = false): number {
    try {
      const functions = this.functionsOf(a);
      const code = a.assemble();
      return this.keep(bpf.loadProgram({ name: a.name, type, code, attachTo, iterates, functions }));
    } catch (error) {
      if (error instanceof bpf.VerifierError) throw explained(error, a);
      throw error;
    }
  }

  /** The kernel wants to know where functions begin if there are several. */
  private functionsOf(a: Assembler): bpf.ProgramSpec["functions"] {
    if (a.functions.length === 0) return undefined;
    const b = new BtfBuilder();
    const result = b.integer("int", 4);
    const all = [{ at: 0, name: a.name }, ...a.functions];
    const info = all.flatMap(({ at, name }) => [at, b.function(name, result)]);
    return { btf: this.keep(bpf.loadBtf(b.bytes())), info: Uint32Array.from(info) };
  }

  /** Loads a program and attaches it to the tracepoint it is named after. Throws SysError. */
  attach(a: Assembler): void {
    const program = this.load(a, bpf.programTypes.tracing, tracepointId(a.name));
    this.links.push(bpf.attachTracepoint(program, a.name));
  }

  /** Attaches the first of several forms of a program that the kernel takes. Throws SysError. */
  attachFirst([form, ...others]: readonly Assembler[]): void {
    try {
      this.attach(form);
    } catch (error) {
      if (!(error instanceof bpf.VerifierError) || others.length === 0) throw error;
      this.attachFirst(others);
    }
  }

  private threadFollower: number | undefined;

  /** Has a program, which is loaded when it is first needed, give a thread its state. False when it has one, or is gone. Throws SysError. */
  followThread(program: () => Assembler, tid: number, flags: number, group: number): boolean {
    this.threadFollower ??= this.load(program(), bpf.programTypes.tracing, iteratorId("task"), true);
    this.configure((value) => {
      value.setUint32(L.config.thread, tid, true);
      value.setUint32(L.config.threadFlags, flags, true);
      value.setUint32(L.config.threadGroup, group, true);
      value.setUint32(L.config.threadFollowed, 0, true);
    });
    bpf.iterate(this.threadFollower);
    const value = new Uint32Array(L.config.bytes / 4);
    bpf.lookup(this.maps.config, zero, value);
    return value[L.config.threadFollowed / 4] !== 0;
  }

  /** Loads a program and has it run so many times a second on every CPU. Throws SysError. */
  runByClock(a: Assembler, frequency: number): void {
    const program = this.load(a, bpf.programTypes.perfEvent);
    for (let cpu = 0; cpu < possibleCpus(); cpu++) {
      const fd = runAtFrequency(program, cpu, frequency);
      if (fd >= 0) this.keep(fd);
    }
  }

  /** Loads a program and puts it where another jumps to. Throws SysError. */
  replace(a: Assembler, map: bpf.BpfMap): void {
    const program = this.load(a, bpf.programTypes.tracing, tracepointId(a.name));
    bpf.update(map, zero, Uint32Array.of(program));
  }

  /** Changes what programs are told. */
  configure(change: (value: DataView) => void): void {
    const value = new Uint8Array(L.config.bytes);
    bpf.lookup(this.maps.config, zero, value);
    change(new DataView(value.buffer));
    bpf.update(this.maps.config, zero, value);
  }

  /** Says which cgroup it is that programs look for. Throws SysError. */
  chooseCgroup(path: string): void {
    const fd = openCgroup(path);
    try {
      bpf.update(this.maps.cgroup, zero, Uint32Array.of(fd));
    } finally {
      bpf.release(fd);
    }
  }

  /** Records the programs tried to send, and those they could not, since the beginning; and how many of these were no calls. */
  get sent(): { attempted: number; lost: number; othersLost: number } {
    if (!bpf.lookup(this.maps.counters, zero, this.counted)) return { attempted: 0, lost: 0, othersLost: 0 };
    let attempted = BigInt(this.rings.sentByLanes);
    let lost = 0n;
    let othersLost = 0n;
    for (let i = 0; i < this.counted.length; i += L.counters.bytes / 8) {
      attempted += this.counted[i + L.counters.calls / 8] + this.counted[i + L.counters.others / 8];
      lost += this.counted[i + L.counters.lost / 8];
      othersLost += this.counted[i + L.counters.othersLost / 8];
    }
    return { attempted: Number(attempted), lost: Number(lost), othersLost: Number(othersLost) };
  }

  /** Lets go of the tracepoints: nothing is sent any more. */
  detach(): void {
    bpf.release(...this.links.splice(0));
  }

  close(): void {
    this.detach();
    this.rings?.close();
    bpf.release(...this.fds.splice(0).reverse());
  }
}

export const zero = new Uint32Array(1);

/** BTF of the state map: a 4-byte integer as key, an array of bytes as value. */
function stateBtf(): Uint8Array {
  const b = new BtfBuilder();
  const key = b.integer("u32", 4);
  b.array(b.integer("u8", 1), key, STATE_BYTES);
  return b.bytes();
}

const CONTEXT_LINES = 12;

function explained(error: bpf.VerifierError, a: Assembler): Error {
  const lines = error.log.trimEnd().split("\n");
  const numbers = lines.map((l) => /^(\d+): \(/.exec(l)?.[1]).filter((n) => n !== undefined);
  const at = Number(numbers.at(-1) ?? 0);
  const why = `${error.hint}\n  in ${a.name}, instruction ${at} of ${a.length}, step "${a.stepAt(at)}":`;
  const text = [why, ...lines.slice(-CONTEXT_LINES).map((l) => `    ${l}`)].join("\n");
  return new bpf.VerifierError(Object.assign(error, { hint: text }), error.program, error.log);
}

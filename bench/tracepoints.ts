/** The kernel's tracepoints with programs that do nothing: what any tracer that uses them costs everybody, at least. */
import { Assembler, r0 } from "../src/capture/bpf/asm.ts";
import { tracepointId } from "../src/capture/bpf/kernel-fields.ts";
import * as bpf from "../src/kernel/bpf.ts";
import { callBackFunction } from "../src/kernel/task-work.ts";

export const CALLS = ["sys_enter", "sys_exit"] as const;
export const SCHEDULER = ["sched_switch", "sched_waking"] as const;
export const ENTRIES = ["sys_enter", "sched_exit_tp"] as const;

/** Whether the kernel calls programs back when a task returns to user mode, so that not every return need be seen. */
export const callsBack = (): boolean => callBackFunction() !== 0;

/** Empty programs for tracepoints, which can be attached and let go again and again. */
export class EmptyPrograms {
  private readonly programs: ReadonlyMap<string, number>;
  private readonly links: number[] = [];

  /** Throws SysError where the kernel takes no programs. */
  constructor(names: readonly string[]) {
    this.programs = new Map(
      names.map((name) => {
        const a = new Assembler(name);
        a.mov(r0, 0).exit();
        const { tracing: type } = bpf.programTypes;
        return [name, bpf.loadProgram({ name, type, code: a.assemble(), attachTo: tracepointId(name) })];
      }),
    );
  }

  attach(): void {
    for (const [name, program] of this.programs) this.links.push(bpf.attachTracepoint(program, name));
  }

  detach(): void {
    bpf.release(...this.links.splice(0));
  }

  close(): void {
    this.detach();
    bpf.release(...this.programs.values());
  }
}

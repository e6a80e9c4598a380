/** Decodes calls: walks a descriptor's arguments over an event and tells the sink what it finds. */
import type { Call, Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import type { Arg, Descriptor, Return, Type } from "../syscalls/types/types.ts";
import { compile } from "./compile.ts";
import { Context } from "./context.ts";
import type { DecodeOptions } from "./options.ts";
import type { ValueSink } from "./sink.ts";
import "./special/index.ts";
import { printSiginfo } from "./special/siginfo.ts";
import { specials, type Walker } from "./walker.ts";

interface CompiledArg {
  readonly name: string;
  readonly index: number;
  readonly walker: Walker;
  /** Condition for the argument to exist. */
  readonly onArg: number;
  readonly mask: number;
  readonly values: readonly number[] | undefined;
  readonly except: readonly number[] | undefined;
  /** The kernel only reads it, so it is meaningful even when the call failed. */
  readonly input: boolean;
}

interface ArgList {
  readonly names: readonly string[];
  readonly kinds: readonly Type["kind"][];
  readonly args: readonly CompiledArg[];
  /** Arguments before this one print at entry. */
  readonly atExit: number;
  /** Some argument notes things at entry. */
  readonly notes: readonly CompiledArg[];
}

interface CompiledCall {
  readonly main: ArgList;
  readonly by: number;
  readonly mask: number;
  readonly variants: ReadonlyMap<number, ArgList> | undefined;
}

const compiledCalls = new WeakMap<Descriptor, CompiledCall>();

function compileArgs(args: readonly Arg[]): ArgList {
  const names = args.map((a) => a.name);
  const list = args.map(({ name, type, dir }, index) => ({
    name,
    index,
    walker: compile(type),
    onArg: type.kind === "optional" ? names.indexOf(type.arg) : -1,
    mask: type.kind === "optional" ? type.mask : 0,
    values: type.kind === "optional" ? type.values : undefined,
    except: type.kind === "optional" ? type.except : undefined,
    input: dir === "in",
  }));
  const first = args.findIndex((a) => a.dir !== "in");
  const atExit = first < 0 ? args.length : first;
  const kinds = args.map((a) => a.type.kind);
  return { names, kinds, args: list, atExit, notes: list.filter((a, i) => i >= atExit && a.walker.enter) };
}

function compileCall(d: Descriptor): CompiledCall {
  let result = compiledCalls.get(d);
  if (!result) {
    const variants = d.variants && new Map([...d.variants.cases].map(([k, args]) => [k, compileArgs(args)]));
    const main = compileArgs(d.args);
    const by = d.variants ? main.names.indexOf(d.variants.by) : -1;
    result = { main, by, mask: d.variants?.mask ?? -1, variants };
    compiledCalls.set(d, result);
  }
  return result;
}

function present(a: CompiledArg, bits: number): boolean {
  if (a.except) return !a.except.includes(bits);
  return a.values ? a.values.includes(bits) : bits !== 0;
}

/** How a call's return value prints; for some it depends on an argument. */
export function returnKind(call: Call): Return {
  const d = call.descriptor;
  if (!d) return "long";
  if (!d.retBy) return d.ret;
  const { by, cases, only } = d.retBy;
  const value = call.args[2 * d.args.findIndex((a) => a.name === by)] | 0;
  for (const { of, arg, below } of only ?? [])
    if (of === value && (call.args[2 * arg + 1] !== 0 || call.args[2 * arg] >= below)) return d.ret;
  return cases.get(value) ?? d.ret;
}

export class Decoder {
  readonly context: Context;

  constructor(sink: ValueSink, options: DecodeOptions) {
    this.context = new Context(sink, options);
  }

  /** Writes the arguments known at entry; true if there are no others. */
  enter(task: Task, memory: Memory): boolean {
    const c = this.begin(task, memory, false);
    const d = task.call.descriptor;
    if (!d || c.options.raw(task.call.name)) {
      this.rawArgs(d?.args.length ?? 6, d);
      return true;
    }
    task.call.saved.length = 0;
    if (d.special) return specials.calls.get(d.special)!.enter(c);
    const list = this.list(d);
    this.print(list, 0, list.atExit);
    for (const a of list.notes) a.walker.enter!(c, c.argLo(a.index), c.argHi(a.index));
    return list.atExit === list.args.length;
  }

  /** Writes the remaining arguments, after the call returned. */
  exitArgs(task: Task, memory: Memory): void {
    const d = task.call.descriptor;
    const c = this.begin(task, memory, true);
    if (!d || c.options.raw(task.call.name)) return;
    if (d.special) {
      specials.calls.get(d.special)!.exit(c);
      return;
    }
    const list = this.list(d);
    this.print(list, list.atExit, list.args.length);
  }

  /** Text for the parentheses after the return value, if the call has any. */
  aux(task: Task, memory: Memory): string | undefined {
    const name = task.call.descriptor?.aux;
    if (!name || this.context.options.raw(task.call.name)) return undefined;
    const c = this.begin(task, memory, true);
    const sink = c.sink as ValueSink & { line: string };
    const before = sink.line;
    sink.line = "";
    const always = specials.aux.get(name)!(c) === true;
    const text = sink.line;
    sink.line = before;
    return text || always ? text : undefined;
  }

  /** Writes a siginfo_t as `{si_signo=…}`. */
  siginfo(task: Task, memory: Memory, info: DataView): void {
    const c = this.begin(task, memory, true);
    printSiginfo(c, info);
  }

  private begin(task: Task, memory: Memory, exiting: boolean): Context {
    const c = this.context;
    c.task = task;
    c.call = task.call;
    c.memory = memory;
    c.exiting = exiting;
    c.failed = exiting && task.call.error !== 0;
    c.structLayout = undefined;
    c.verbose = c.options.verbose(task.call.name);
    return c;
  }

  private list(d: Descriptor): ArgList {
    const compiled = compileCall(d);
    const list = compiled.variants?.get(this.context.argLo(compiled.by) & compiled.mask) ?? compiled.main;
    this.context.names = list.names;
    this.context.kinds = list.kinds;
    return list;
  }

  private print(list: ArgList, from: number, to: number): void {
    const c = this.context;
    for (let i = from; i < to; i++) {
      const a = list.args[i];
      if (a.onArg >= 0 && !present(a, c.argLo(a.onArg) & a.mask)) continue;
      c.sink.arg(a.name);
      c.failed = c.exiting && c.call.error !== 0 && !a.input;
      a.walker.value(c, c.argLo(a.index), c.argHi(a.index));
    }
  }

  private rawArgs(count: number, d: Descriptor | undefined): void {
    const c = this.context;
    for (let i = 0; i < count; i++) {
      c.sink.arg(d?.args[i]?.name ?? `arg${i}`);
      c.sink.hex(c.argLo(i), c.argHi(i));
    }
  }
}

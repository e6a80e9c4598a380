/**
 * union bpf_attr of bpf(2) (linux/bpf.h): which members a command has is a table. A member is shown if the attributes
 * reach so far; those that came with one version of Linux come together.
 */
import type { Context } from "../context.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { type Command, commands } from "./bpf-commands.ts";
import { Attributes, printSteps, type Step } from "./bpf-values.ts";
import { hexQuoted, readable } from "./bytes.ts";

const PAGE = 4096;

/** What the caller has put behind the attributes that are known. */
function printExtra(c: Context, a: Attributes, known: number): void {
  if (a.size <= known) return;
  const extra = a.size - known;
  const at = a.at + known;
  if (c.memory.bytes.subarray(at, at + extra).every((b) => b === 0)) return;
  if (!c.verbose) {
    c.sink.item();
    c.sink.more();
    return;
  }
  c.sink.field("extra_data");
  hexQuoted(c, at, extra, extra);
  c.sink.comment(`bytes ${known}..${a.size - 1}`);
}

const BATCH_COUNT = 32;

registerValue("bpf_attr", () => ({
  ...pointerWalker((c, lo, hi) => {
    const command = c.argHi(0) === 0 || c.argLo(0) < commands.length ? commands[c.argLo(0)] : undefined;
    const size = c.argLo(2);
    const { failed } = c;
    // the kernel says something there even if it fails
    c.failed = false;
    const at = command && size > 0 && size <= PAGE ? readable(c, lo, hi, size) : -1;
    if (!command || at < 0) c.sink.addr(lo, hi);
    else {
      const a = new Attributes(c, at, size);
      c.sink.openStruct();
      if (command.group) {
        c.sink.field(command.group);
        c.sink.openStruct();
      }
      const whole = printSteps(c, a, batchAsItWas(command, c));
      if (command.group) c.sink.closeStruct();
      if (whole) printExtra(c, a, typeof command.size === "number" ? command.size : command.size(a));
      c.sink.closeStruct();
      const [before] = c.call.saved;
      if (command.group === "batch" && before !== undefined && before !== a.u32(BATCH_COUNT)) {
        c.sink.becomes();
        c.sink.openStruct();
        c.sink.field("batch");
        c.sink.openStruct();
        c.sink.field("count");
        c.sink.num(a.u32(BATCH_COUNT));
        c.sink.closeStruct();
        c.sink.closeStruct();
      }
    }
    c.failed = failed;
  }),
  enter(c: Context, lo: number, hi: number) {
    const offset = commands[c.argLo(0)]?.saves;
    if (offset === undefined) return;
    const size = c.argLo(2);
    const at = size > 0 && size <= PAGE ? readable(c, lo, hi, size) : -1;
    if (at >= 0) c.call.saved.push(new Attributes(c, at, size).u32(offset));
  },
}));

/** How many there were is shown as it was when the call began. */
function batchAsItWas(command: Command, c: Context): readonly Step[] {
  const [before] = c.call.saved;
  if (command.group !== "batch" || before === undefined) return command.steps;
  return command.steps.map(
    (step): Step =>
      typeof step === "object" && step[0] === "count" ? ["count", step[1], () => c.sink.num(before)] : step,
  );
}

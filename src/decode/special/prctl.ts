/** What operations of prctl(2) take and give that plain data cannot express. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, hexText } from "../flags.ts";
import { printString } from "../pointers.ts";
import { pointerWalker, registerAux, registerValue } from "../walker.ts";

const MOST_SIGNALS = 128;

function printSignal(c: Context, n: number): void {
  if (n > 0 && n <= 64) c.sink.xlat(n, 0, signalName(n), "SIG_???", "dec");
  else c.sink.num(n);
}

registerValue("prctl_signal", () =>
  pointerWalker((c, lo, hi) => {
    if (hi !== 0 || lo > MOST_SIGNALS) c.sink.ulong(lo, hi);
    else printSignal(c, lo);
  }),
);

registerValue("prctl_signal_at", () =>
  pointerWalker((c, lo, hi) => {
    const n = c.failed || !c.options.dereference(c.call.name) ? undefined : c.readInt(lo, hi);
    if (n === undefined) c.sink.addr(lo, hi);
    else {
      c.sink.openArray();
      c.sink.item();
      printSignal(c, n);
      c.sink.closeArray();
    }
  }),
);

/** A name of at most `limit` bytes; what lies behind them is not looked at. */
registerValue("task_name", (limit) =>
  pointerWalker((c, lo, hi) => {
    const { stringLimit } = c.options;
    printString(c, lo, hi, Math.min(limit as number, stringLimit), stringLimit < (limit as number));
  }),
);

registerValue("word_at", () =>
  pointerWalker((c, lo, hi) => {
    if (c.failed || !c.options.dereference(c.call.name) || !c.readWord(lo, hi)) c.sink.addr(lo, hi);
    else {
      c.sink.openArray();
      c.sink.item();
      c.sink.addr(c.wordLo, c.wordHi);
      c.sink.closeArray();
    }
  }),
);

registerValue("ptracer", () =>
  pointerWalker((c, lo, hi) => {
    if (lo === 0xffffffff) c.sink.xlat(lo, hi, "PR_SET_PTRACER_ANY", "", "dec");
    else c.pid(lo | 0);
  }),
);

const PR_GET_DUMPABLE = 3;
const PR_GET_SECUREBITS = 27;
const PR_MCE_KILL_GET = 34;
const PR_GET_FP_MODE = 46;
const PR_GET_SPECULATION_CTRL = 52;
const PR_GET_TAGGED_ADDR_CTRL = 56;

const TAGGED_ADDR_ENABLE = 1;
const MTE_TCF = [
  [0, "PR_MTE_TCF_NONE"],
  [2, "PR_MTE_TCF_SYNC"],
  [4, "PR_MTE_TCF_ASYNC"],
  [6, "PR_MTE_TCF_MASK"],
] as const;
const MTE_TAG_SHIFT = 3;
const MTE_TAG_MASK = 0xffff;

/** How tagged addresses are used: an enumeration and a mask of tags between flags. */
function taggedText(lo: number, hi: number): string {
  const tags = (lo >>> MTE_TAG_SHIFT) & MTE_TAG_MASK;
  const rest = (lo & ~((MTE_TAG_MASK << MTE_TAG_SHIFT) | 7)) >>> 0;
  return [
    lo & TAGGED_ADDR_ENABLE ? "PR_TAGGED_ADDR_ENABLE" : "!PR_TAGGED_ADDR_ENABLE",
    MTE_TCF.find(([bits]) => bits === (lo & 6))![1],
    ...(tags === 0 ? [] : [`0x${tags.toString(16)}<<PR_MTE_TAG_SHIFT`]),
    ...(rest === 0 && hi === 0 ? [] : [hexText(rest, hi)]),
  ].join("|");
}
registerValue("tagged_addresses", () =>
  pointerWalker((c, lo, hi) => c.sink.xlat(lo, hi, taggedText(lo, hi), "", "hex")),
);

registerAux("prctl_result", (c) => {
  const { retLo } = c.call;
  if (c.call.error) return;
  const say = (text: string | undefined) => text !== undefined && c.sink.word(text);
  // flags have no text where only numbers are wanted
  const sayFlags = (text: string | undefined) => c.options.xlat !== "raw" && say(text);
  switch (c.argLo(0)) {
    case PR_GET_DUMPABLE:
      say(enumName(F.prctl_dumpable, retLo));
      break;
    case PR_MCE_KILL_GET:
      say(enumName(F.prctl_mce_policy, retLo));
      break;
    case PR_GET_SECUREBITS:
      if (retLo !== 0) sayFlags(flagNames(F.secbits, retLo));
      break;
    case PR_GET_FP_MODE:
      if (retLo !== 0) sayFlags(flagNames(F.prctl_fp_mode, retLo));
      break;
    case PR_GET_SPECULATION_CTRL:
      sayFlags(retLo === 0 ? "PR_SPEC_NOT_AFFECTED" : flagNames(F.prctl_speculation_get, retLo));
      break;
    case PR_GET_TAGGED_ADDR_CTRL:
      sayFlags(taggedText(retLo, 0));
      break;
  }
});

/** Lengths of vectors (SVE, SME) with flags above them. */
const VECTOR_LENGTH = 0xffff;
function vectorText(set: FlagSet, lo: number, hi: number): string {
  const flags = (lo & ~VECTOR_LENGTH) >>> 0;
  const length = lo & VECTOR_LENGTH;
  const names = flags === 0 && hi === 0 ? [] : [flagNames(set, flags, hi) ?? hexText(flags, hi)];
  return [...names, length === 0 ? "0" : hexText(length, 0)].join("|");
}
registerValue("vector_length", (set) =>
  pointerWalker((c, lo, hi) => {
    if ((lo & ~VECTOR_LENGTH) === 0 && hi === 0) c.sink.hex(lo, hi);
    else c.sink.xlat(lo, hi, vectorText(set as FlagSet, lo, hi), "", "hex");
  }),
);

/** What follows the equals sign. */
import { errnoName, errnoText } from "../abi/errno.ts";
import { type Call, Injected, type Task } from "../capture/event.ts";
import { returnKind } from "../decode/call.ts";
import { modeDigits } from "../decode/scalars.ts";
import type { TextSettings } from "./settings.ts";

const RESTART_FIRST = 512;
const RESTART_LAST = 516;
const HIGH = 4294967296;

/** Result of a finished call: value, or errno with its text. */
export function returnText(task: Task, s: TextSettings): string {
  const { call } = task;
  if (call.error !== 0) {
    const name = errnoName(call.error);
    if (call.error >= RESTART_FIRST && call.error <= RESTART_LAST)
      return `? ${name} (${errnoText(call.error)})`;
    return name === undefined ? `-1 (errno ${call.error})` : `-1 ${name} (${errnoText(call.error)})`;
  }
  const { retLo: lo, retHi: hi } = call;
  const kind = returnKind(call);
  switch (kind !== "none" && s.decode.raw(call.name) ? "hex" : kind) {
    case "none":
      return "?";
    case "hex":
      return lo === 0 && hi === 0
        ? "0"
        : `0x${hi === 0 ? lo.toString(16) : hi.toString(16) + lo.toString(16).padStart(8, "0")}`;
    case "octal":
      return modeDigits(lo);
    case "ulong":
      return unsigned(lo, hi);
    case "fd": {
      const text = s.decode.fdText?.(task.tid, lo | 0);
      return `${lo | 0}${text ?? ""}`;
    }
    case "pid": {
      const text = lo === 0 ? undefined : s.decode.pidText?.(lo | 0);
      return text === undefined ? String(lo | 0) : `${lo | 0}<${text}>`;
    }
    default:
      if ((call.injected & Injected.result) !== 0) return unsigned(lo, hi);
      if (call.abi === "i386") return String(lo | 0);
      if (hi === 0) return String(lo);
      if (hi === 0xffffffff && lo !== 0) return String(lo - HIGH);
      return BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo)).toString();
  }
}

const unsigned = (lo: number, hi: number): string => ((BigInt(hi) << 32n) | BigInt(lo)).toString();

/** What follows the result of a call that was tampered with. */
export function injectedText({ injected }: Call): string {
  if (injected === 0) return "";
  const parts: string[] = [];
  if ((injected & Injected.memory) !== 0) parts.push("args");
  if ((injected & Injected.result) !== 0) parts.push("retval");
  const what =
    parts.length === 0 ? "" : parts[0] === "args" ? ` (INJECTED: ${parts.join(", ")})` : " (INJECTED)";
  return (injected & Injected.delay) !== 0 ? `${what} (DELAYED)` : what;
}

/** What follows the equals sign. */
import { errnoName, errnoText } from "../abi/errno.ts";
import type { Call, Task } from "../capture/event.ts";
import { tampered } from "../capture/injection.ts";
import { returnKind } from "../decode/call.ts";
import { modeDigits } from "../decode/scalars.ts";
import type { TextSettings } from "./settings.ts";

const RESTART_FIRST = 512;
const RESTART_LAST = 516;

/** What was done to a call, as strace says it after the result. */
export function tamperedText({ tampered: bits }: Call): string {
  if (bits === 0) return "";
  const memory = (bits & tampered.memory) !== 0;
  const result = (bits & tampered.result) !== 0;
  const injected = memory ? ` (INJECTED: args${result ? ", retval" : ""})` : result ? " (INJECTED)" : "";
  return (bits & tampered.delay) !== 0 ? `${injected} (DELAYED)` : injected;
}

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
      return ((BigInt(hi) << 32n) | BigInt(lo)).toString();
    case "fd": {
      const text = s.decode.fdText?.(task.tid, lo | 0);
      return text === undefined ? String(lo | 0) : `${lo | 0}<${text}>`;
    }
    case "pid": {
      const text = lo === 0 ? undefined : s.decode.pidText?.(lo | 0);
      return text === undefined ? String(lo | 0) : `${lo | 0}<${text}>`;
    }
    default:
      // what looks negative is no error, or it would not be here
      if (hi === 0 || call.abi === "i386") return String(lo);
      return ((BigInt(hi) << 32n) | BigInt(lo)).toString();
  }
}

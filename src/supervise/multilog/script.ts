/** multilog's script: one action an argument, carried out in order for each line. */
import { bytesOf } from "../../base/bytes.ts";

export type Action =
  | { readonly kind: "select"; readonly keep: boolean; readonly pattern: Uint8Array }
  | { readonly kind: "stderr" }
  | { readonly kind: "status"; readonly file: string }
  | {
      readonly kind: "dir";
      readonly dir: string;
      readonly size: number;
      readonly count: number;
      readonly processor: string | undefined;
    };

export interface Script {
  /** `t`: lines begin with a TAI64N stamp. */
  readonly stamp: boolean;
  readonly actions: readonly Action[];
}

const SIZE_MIN = 4096;
const SIZE_MAX = 16777215;
const SIZE_DEFAULT = 99999;
const COUNT_MIN = 2;
const COUNT_DEFAULT = 10;

/** Unknown actions are ignored, as the original does. */
export function parseScript(argv: readonly string[]): Script {
  const stamp = argv[0]?.startsWith("t") ?? false;
  let size = SIZE_DEFAULT;
  let count = COUNT_DEFAULT;
  let processor: string | undefined;
  const actions: Action[] = [];
  for (const arg of argv) {
    const rest = arg.slice(1);
    switch (arg[0]) {
      case "+":
      case "-":
        actions.push({ kind: "select", keep: arg[0] === "+", pattern: bytesOf(rest) });
        break;
      case "e":
        actions.push({ kind: "stderr" });
        break;
      case "=":
        actions.push({ kind: "status", file: rest });
        break;
      case "s":
        size = Math.min(SIZE_MAX, Math.max(SIZE_MIN, leadingNumber(rest)));
        break;
      case "n":
        count = Math.max(COUNT_MIN, leadingNumber(rest));
        break;
      case "!":
        processor = rest === "" ? undefined : rest;
        break;
      case ".":
      case "/":
        actions.push({ kind: "dir", dir: arg, size, count, processor });
        break;
    }
  }
  return { stamp, actions };
}

/** scan_ulong: the digits at the start, 0 without any, modulo 2^64. */
function leadingNumber(text: string): number {
  return Number(BigInt.asUintN(64, BigInt(/^\d*/.exec(text)![0] || 0)));
}

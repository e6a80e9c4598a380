/** Symbols that come as lines of text: /tmp/perf-PID.map of just-in-time compilers, and /proc/kallsyms. */
import { lowest } from "../base/search.ts";

export interface TextSymbol {
  readonly start: number;
  /** 0: until the next symbol. */
  readonly size: number;
  readonly name: string;
}

export class TextMap {
  private readonly symbols: readonly TextSymbol[];

  constructor(symbols: readonly TextSymbol[]) {
    this.symbols = [...symbols].sort((a, b) => a.start - b.start);
  }

  find(address: number): TextSymbol | undefined {
    const { symbols } = this;
    const found = symbols[lowest(symbols.length, (i) => symbols[i].start > address) - 1];
    return found && (found.size === 0 || address < found.start + found.size) ? found : undefined;
  }
}

/** `START SIZE name`, hexadecimal, as perf(1) reads it. Code is compiled anew, so later lines win. */
export function perfMap(text: string): TextMap {
  const byStart = new Map<number, TextSymbol>();
  for (const line of text.split("\n")) {
    const m = /^(?:0x)?([0-9a-f]+) ([0-9a-f]+) (.+)$/i.exec(line);
    if (!m) continue;
    const start = Number.parseInt(m[1], 16);
    byStart.set(start, { start, size: Number.parseInt(m[2], 16), name: m[3] });
  }
  return new TextMap([...byStart.values()]);
}

const NEWLINE = 10;
const BLANK = 32;
/** Types of functions, in lower and upper case: text, weak. */
const FUNCTIONS = new Set([..."tTwW"].map((c) => c.charCodeAt(0)));
/** Digits of an address, and where the name begins: `ADDRESS TYPE name [module]`. */
const DIGITS = 16;
const NAME = DIGITS + 3;

/**
 * Functions of the kernel. There are more than a hundred thousand and few are asked for: a name is only made text of when
 * it is. All addresses are 0 for those who may not see them.
 */
export class KernelSymbols {
  private readonly starts: Float64Array;
  /** Where in the text the line of each begins. */
  private readonly lines: Uint32Array;

  /** `text`: /proc/kallsyms. Addresses are signed: the kernel's upper half does not fit the 53 bits of a double otherwise. */
  constructor(private readonly text: Buffer) {
    const starts: number[] = [];
    const lines: number[] = [];
    let sorted = true;
    for (let at = 0, next = 0; at + NAME < text.length; at = next) {
      const end = text.indexOf(NEWLINE, at);
      next = end < 0 ? text.length : end + 1;
      if (text[at + DIGITS] !== BLANK || !FUNCTIONS.has(text[at + DIGITS + 1])) continue;
      const start = (half(text, at) | 0) * 4294967296 + half(text, at + 8);
      if (start === 0) continue;
      // modules come last, in no order
      if (starts.length > 0 && start < starts[starts.length - 1]) sorted = false;
      starts.push(start);
      lines.push(at);
    }
    const order = sorted ? undefined : starts.map((_, i) => i).sort((a, b) => starts[a] - starts[b]);
    this.starts = Float64Array.from(order ? order.map((i) => starts[i]) : starts);
    this.lines = Uint32Array.from(order ? order.map((i) => lines[i]) : lines);
  }

  /** The function an address (signed) is in, or after. */
  find(address: number): string | undefined {
    const { text, starts, lines } = this;
    const i = lowest(starts.length, (n) => starts[n] > address) - 1;
    return i < 0
      ? undefined
      : /^\S*/.exec(text.toString("latin1", lines[i] + NAME, lines[i] + NAME + LONGEST))![0];
  }
}

/** KSYM_NAME_LEN (include/linux/kallsyms.h). */
const LONGEST = 512;

/** Eight hexadecimal digits in lower case. */
function half(text: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) value = (value << 4) | (text[i] <= 57 ? text[i] - 48 : text[i] - 87);
  return value >>> 0;
}

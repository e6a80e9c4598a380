/** Functions of the kernel, which come as lines of text: /proc/kallsyms. */
import { lowest } from "../base/search.ts";

const NEWLINE = 10;
const BLANK = 32;
const LOWER_CASE = 32;
const TEXT = "t".charCodeAt(0);
const WEAK = "w".charCodeAt(0);
/** Digits of an address, and where the name begins: `ADDRESS TYPE name [module]`. */
const DIGITS = 16;
const NAME = DIGITS + 3;
/** Of a line, without a name; with the shortest ones there are no more than one function for so many bytes. */
const SHORTEST = NAME + 2;

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
    const most = Math.ceil(text.length / SHORTEST);
    const starts = new Float64Array(most);
    const lines = new Uint32Array(most);
    let count = 0;
    let sorted = 0;
    for (let at = 0; at + NAME < text.length; ) {
      const line = at;
      const type = text[line + DIGITS + 1] | LOWER_CASE;
      for (at += NAME; at < text.length && text[at] !== NEWLINE; ) at++;
      at++;
      if (text[line + DIGITS] !== BLANK || (type !== TEXT && type !== WEAK)) continue;
      const start = (half(text, line) | 0) * 4294967296 + half(text, line + 8);
      if (start === 0) continue;
      if (sorted === count && (count === 0 || start >= starts[count - 1])) sorted++;
      starts[count] = start;
      lines[count++] = line;
    }
    // modules and programs of BPF come last, in no order
    sortRest(starts, lines, sorted, count);
    this.starts = starts.subarray(0, count);
    this.lines = lines.subarray(0, count);
  }

  /** The function an address (signed) is in, or after. */
  find(address: number): string | undefined {
    const { text, starts, lines } = this;
    const i = lowest(starts.length, (n) => starts[n] > address) - 1;
    if (i < 0) return undefined;
    return /^\S*/.exec(text.toString("latin1", lines[i] + NAME, lines[i] + NAME + LONGEST))![0];
  }
}

/** Sorts the first `count` by their starts, of which the first `sorted` are. */
function sortRest(starts: Float64Array, lines: Uint32Array, sorted: number, count: number): void {
  const rest = Array.from({ length: count - sorted }, (_, i) => sorted + i)
    .sort((a, b) => starts[a] - starts[b])
    .map((i) => ({ start: starts[i], line: lines[i] }));
  let before = sorted;
  for (let to = count - 1; rest.length > 0; to--) {
    const last = rest[rest.length - 1];
    if (before > 0 && starts[before - 1] > last.start) {
      before--;
      starts[to] = starts[before];
      lines[to] = lines[before];
    } else {
      starts[to] = last.start;
      lines[to] = last.line;
      rest.pop();
    }
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

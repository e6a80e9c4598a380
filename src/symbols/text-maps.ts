/** Symbols that come as sorted lines of text: /tmp/perf-PID.map of just-in-time compilers, and /proc/kallsyms. */

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
    let low = 0;
    let high = symbols.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (symbols[mid].start <= address) low = mid + 1;
      else high = mid;
    }
    const found = symbols[low - 1];
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

/**
 * `ADDRESS TYPE name [module]`; all addresses are 0 for those who may not see them. Addresses are taken as signed, as
 * the kernel's upper half does not fit the 53 bits of a double otherwise.
 */
export function kallsyms(text: string): TextMap {
  const symbols: TextSymbol[] = [];
  for (const m of text.matchAll(/^([0-9a-f]+) [tTwW] (\S+)/gm)) {
    const start = signedAddress(m[1]);
    if (start !== 0) symbols.push({ start, size: 0, name: m[2] });
  }
  return new TextMap(symbols);
}

function signedAddress(hex: string): number {
  const low = Number.parseInt(hex.slice(-8), 16);
  return (Number.parseInt(hex.slice(0, -8) || "0", 16) | 0) * 4294967296 + low;
}

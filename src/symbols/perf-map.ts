/** /tmp/perf-PID.map, in which just-in-time compilers name their code for perf(1) (tools/perf/Documentation/jit-interface.txt). */
import { lowest } from "../base/search.ts";

export interface TextSymbol {
  readonly start: number;
  /** Bytes; 0: until the next symbol. */
  readonly size: number;
  readonly name: string;
}

/** A part of a symbol that no later one has written over. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly symbol: TextSymbol;
}

export class PerfMap {
  private readonly pieces: readonly Piece[];

  /** Symbols in the order they were written in. */
  constructor(symbols: readonly TextSymbol[]) {
    this.pieces = cut(symbols);
  }

  find(address: number): TextSymbol | undefined {
    const { pieces } = this;
    const found = pieces[lowest(pieces.length, (i) => pieces[i].start > address) - 1];
    return found && address < found.end ? found.symbol : undefined;
  }
}

/** `START SIZE name`, hexadecimal. Memory of code is used again for other code, so later lines win where they overlap. */
export function perfMap(text: string): PerfMap {
  const symbols: TextSymbol[] = [];
  for (const line of text.split("\n")) {
    const m = /^(?:0x)?([0-9a-f]+) ([0-9a-f]+) (.+)$/i.exec(line);
    if (m) symbols.push({ start: Number.parseInt(m[1], 16), size: Number.parseInt(m[2], 16), name: m[3] });
  }
  return new PerfMap(symbols);
}

/** What is left of each symbol, by address: from start to start, of those that reach so far the one written last. */
function cut(symbols: readonly TextSymbol[]): Piece[] {
  const order = Array.from(symbols.keys()).sort((a, b) => symbols[a].start - symbols[b].start || a - b);
  const ends = new Float64Array(symbols.length);
  for (let k = order.length - 1, next = Number.POSITIVE_INFINITY; k >= 0; k--) {
    const { start, size } = symbols[order[k]];
    const following = k + 1 < order.length ? symbols[order[k + 1]].start : next;
    // of several that start here the next is the one after them
    if (following > start) next = following;
    ends[order[k]] = size > 0 ? start + size : next;
  }
  const pieces: Piece[] = [];
  const under = new Latest();
  let at = 0;
  const until = (limit: number): void => {
    for (let top = under.top; top !== undefined && at < limit; top = under.top) {
      if (ends[top] <= at) {
        under.pop();
        continue;
      }
      const end = Math.min(ends[top], limit);
      pieces.push({ start: at, end, symbol: symbols[top] });
      at = end;
    }
    at = limit;
  };
  for (const i of order) {
    until(symbols[i].start);
    under.push(i);
  }
  until(Number.POSITIVE_INFINITY);
  return pieces;
}

/** A heap of numbers, the highest on top. */
class Latest {
  private readonly heap: number[] = [];

  get top(): number | undefined {
    return this.heap[0];
  }

  push(n: number): void {
    const { heap } = this;
    let at = heap.push(n) - 1;
    for (let above = (at - 1) >> 1; at > 0 && heap[above] < n; above = (at - 1) >> 1) {
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = n;
  }

  pop(): void {
    const { heap } = this;
    const n = heap.pop();
    if (n === undefined || heap.length === 0) return;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && heap[below + 1] > heap[below]) below++;
      if (heap[below] < n) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = n;
  }
}

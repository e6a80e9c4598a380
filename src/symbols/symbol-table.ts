/** Symbols by address: which of them covers one. */
import { lowest } from "../base/search.ts";
import { cString } from "./elf-file.ts";

/** Looked at for one address; a hostile table may have any number that overlap. */
const MAX_STEPS = 4096;

export interface FunctionSymbol {
  readonly name: string;
  /** Address in the file's own address space. */
  readonly start: number;
}

/** Columns of a table of symbols; `name` is where that begins in the strings of all tables, `size` 0 if it is not known. */
export interface Rows {
  readonly start: number[];
  readonly size: number[];
  readonly name: number[];
}

export const noRows = (): Rows => ({ start: [], size: [], name: [] });

export class SymbolTable {
  private readonly starts: Float64Array;
  private readonly sizes: Float64Array;
  private readonly names: Uint32Array;
  /** The furthest end of all up to each. */
  private readonly reach: Float64Array;

  constructor(
    { start, size, name }: Rows,
    private readonly strings: Buffer,
  ) {
    // of several names for one start the table's first comes last, as that is the one that is found
    const order = Uint32Array.from(start.keys()).sort(
      (a, b) => start[a] - start[b] || size[a] - size[b] || b - a,
    );
    this.starts = Float64Array.from(order, (i) => start[i]);
    this.sizes = Float64Array.from(order, (i) => size[i]);
    this.names = Uint32Array.from(order, (i) => name[i]);
    let furthest = 0;
    this.reach = this.starts.map((from, i) => {
      furthest = Math.max(furthest, from + this.sizes[i]);
      return furthest;
    });
  }

  /**
   * The symbol that covers an address: of those with a size the one that begins last, as others may be nested in it;
   * otherwise one without.
   */
  find(address: number): FunctionSymbol | undefined {
    const { starts, sizes, reach } = this;
    const last = this.last(address);
    const least = Math.max(0, last - MAX_STEPS);
    for (let i = last; i >= least && reach[i] > address; i--)
      if (address < starts[i] + sizes[i]) return this.at(i);
    // hand-written assembler often gives no size
    return last >= 0 && sizes[last] === 0 ? this.at(last) : undefined;
  }

  /** The symbol that starts at or last before an address, however long it is. */
  nearest(address: number): FunctionSymbol | undefined {
    const i = this.last(address);
    return i < 0 ? undefined : this.at(i);
  }

  private at(i: number): FunctionSymbol {
    return { name: cString(this.strings, this.names[i]), start: this.starts[i] };
  }

  /** Index of the last that starts at `address` or before it; -1 for none. */
  private last(address: number): number {
    const { starts } = this;
    return lowest(starts.length, (i) => starts[i] > address) - 1;
  }
}

/** Where a field lies. Sizes and offsets in bytes. */
export interface Field {
  readonly name: string;
  readonly offset: number;
  /** Size of one element. */
  readonly size: number;
  readonly signed: boolean;
  /** Elements of an array, otherwise 1. */
  readonly count: number;
  /** Name of the struct this field is, if it is one. */
  readonly struct?: string;
  /** Bit fields: first bit within the unit of `size` bytes at `offset`, and width. */
  readonly bits?: readonly [first: number, width: number];
}

export interface Layout {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
}

/** Numbers with names. */
export interface FlagSet {
  readonly name: string;
  /** What an unknown value is called in a comment: `O_???`. */
  readonly fallback: string;
  /** In printing order; multi-bit values before their parts. */
  readonly entries: readonly (readonly [value: number | bigint, name: string])[];
}

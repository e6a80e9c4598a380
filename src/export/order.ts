/** Things that happened, in order of time, each made when its turn comes. */
export interface Item<T> {
  readonly ts: number;
  readonly make: () => T;
}

export function* inOrder<T>(items: readonly Item<T>[]): Iterable<T> {
  for (const item of [...items].sort((a, b) => a.ts - b.ts)) yield item.make();
}

/** Exact time of `ts` (ns of the recording) in ns since 1970: the sum does not fit a double. */
export function unixNs(ts: number, anchor: number): bigint {
  return BigInt(Math.round(ts)) + BigInt(Math.round(anchor));
}

/** Seconds since 1970 with nine digits, as a number's text. */
export function unixSeconds(ts: number, anchor: number): string {
  const ns = unixNs(ts, anchor);
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, "0")}`;
}

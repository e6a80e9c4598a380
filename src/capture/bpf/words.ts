/** Numbers of 64 bits in words of 32, as records and maps have them. */
import * as L from "./layout.ts";

/** What a high word counts for. */
export const WORD = 4294967296;
export const FACTS_WORDS = L.facts.bytes >>> 2;

/** The number whose low word is `at`; exact below 2^53. */
export function wide(words: Uint32Array, at: number): number {
  return words[at] + words[at + 1] * WORD;
}

/** Where the head of the record that begins at byte `offset` is, in words: behind the facts, if it has any. */
export function headAt(words: Uint32Array, offset: number): number {
  const at = offset >>> 2;
  return (words[at] & 0xff) === L.kinds.facts ? at + FACTS_WORDS : at;
}

/** When what the head at `at` is of happened (CLOCK_MONOTONIC ns). */
export function timeAt(words: Uint32Array, at: number): number {
  return wide(words, at + (L.head.time >>> 2));
}

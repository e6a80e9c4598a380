/** multilog's patterns: every character stands for itself, `*` for any string without the next pattern character. */

const STAR = 42;
/** In place of a position in a pattern: whatever comes, it matches, or does not. */
export const ALWAYS = -1;
export const NEVER = -2;
const NOWHERE = 0x7fffffff;

/**
 * The input, in which bytes are looked for. Looking beyond the line at hand costs little, as what is found there is
 * remembered for the lines to come; looking byte by byte is what makes the original slow.
 */
export class Text {
  bytes: Buffer = Buffer.alloc(0);
  /** For each byte: where one was looked for last, and where the first from there on is. */
  private readonly from = new Int32Array(256).fill(NOWHERE);
  private readonly first = new Int32Array(256);

  /** Other bytes from now on. */
  become(bytes: Buffer): void {
    this.bytes = bytes;
    this.from.fill(NOWHERE);
  }

  /** Where `byte` comes first in [from, to), or `to`. */
  find(byte: number, from: number, to: number): number {
    let first = this.first[byte];
    if (from < this.from[byte] || from > first) {
      first = this.bytes.indexOf(byte, from);
      if (first < 0) first = NOWHERE;
      this.from[byte] = from;
      this.first[byte] = first;
    }
    return Math.min(first, to);
  }
}

/**
 * Goes on at `position` of the pattern with bytes [from, to), which are not the end of the line: the position after
 * them, ALWAYS or NEVER.
 */
export function advance(pattern: Uint8Array, position: number, text: Text, from: number, to: number): number {
  const { bytes } = text;
  let at = from;
  let p = position;
  while (at < to) {
    if (p === pattern.length) return NEVER;
    if (pattern[p] === STAR) {
      if (p + 1 === pattern.length) return ALWAYS;
      at = text.find(pattern[p + 1], at, to);
      // the star goes on in what comes next
      if (at === to) return p;
    } else if (bytes[at++] !== pattern[p]) return NEVER;
    p++;
  }
  return p;
}

/** Whether the rest of the line, bytes [from, to), matches the pattern from `position` on. */
export function matches(
  pattern: Uint8Array,
  position: number,
  text: Text,
  from: number,
  to: number,
): boolean {
  if (position < 0) return position === ALWAYS;
  const p = advance(pattern, position, text, from, to);
  if (p < 0) return p === ALWAYS;
  return p === pattern.length || (p === pattern.length - 1 && pattern[p] === STAR);
}

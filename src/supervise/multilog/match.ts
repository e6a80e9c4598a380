/** multilog's patterns: every character stands for itself, `*` for any string without the next pattern character. */

/** Whether the whole of `bytes[from..to)` matches. */
export function matches(pattern: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const STAR = 42;
  let at = from;
  for (let p = 0; p < pattern.length; p++) {
    if (pattern[p] !== STAR) {
      if (at >= to || bytes[at] !== pattern[p]) return false;
      at++;
      continue;
    }
    const next = pattern[p + 1];
    if (next === undefined) return true;
    while (at < to && bytes[at] !== next) at++;
    if (at === to) return false;
  }
  return at === to;
}

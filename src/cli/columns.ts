/** How wide names and lines are on a terminal. */

/** East Asian characters and emoji that take two columns (Unicode's East_Asian_Width, coarsely); a flag is two of one. */
const WIDE =
  /(?!\p{RI})[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO = /\p{Mn}|\p{Me}/u;

/** Columns that printable text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const c of text) columns += WIDE.test(c) ? 2 : ZERO.test(c) ? 0 : 1;
  return columns;
}

/** As much of printable text as fits into so many columns, an ellipsis for the rest. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  let left = columns - 1;
  for (const c of text) {
    left -= columnsOf(c);
    if (left < 0) break;
    kept += c;
  }
  return `${kept}\u2026`;
}

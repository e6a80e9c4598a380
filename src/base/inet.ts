/** Text of network addresses. */

/** inet_ntop(3) for IPv6: longest run of zeros shortened, mapped and compatible addresses with dots. */
export function inet6(b: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (b[2 * i] << 8) | b[2 * i + 1]);
  const dotted = b.subarray(12, 16).join(".");
  const zeros = groups.findIndex((g) => g !== 0);
  if (zeros === 5 && groups[5] === 0xffff) return `::ffff:${dotted}`;
  if (zeros === 6) return `::${dotted}`;
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) [best, bestLength] = [i, n];
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(":");
  return best < 0 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`;
}

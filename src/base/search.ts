/** The lowest of 0 .. count that `is` so, where all after it are, too; `count` if none is. */
export function lowest(count: number, is: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (is(mid)) high = mid;
    else low = mid + 1;
  }
  return low;
}

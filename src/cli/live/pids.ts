/** Process ids as they are given: separated by commas or spaces. */

/** Words that are no numbers are NaN. */
export const pidsOf = (given: string): number[] =>
  given
    .split(/[ ,]+/)
    .filter((p) => p !== "")
    .map(Number);

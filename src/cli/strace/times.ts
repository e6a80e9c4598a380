/** "Time specification format" of man 1 strace: a number, with a unit or microseconds. */

const units: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** ns, or undefined. */
export function parseTime(text: string): number | undefined {
  const m = /^\s*\+?(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)(s|ms|us|ns)?$/i.exec(text);
  const unit = m && units[m[2] ?? "us"];
  return unit ? Number(m[1]) * unit : undefined;
}

/** "Time specification format" of man 1 strace: a number, with a unit or microseconds. */

const units: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** Whole numbers must fit 63 bits. */
const MAX_WHOLE = 2 ** 63;

/** ns, or undefined. */
export function parseTime(text: string): number | undefined {
  const m = /^\s*\+?(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)(s|ms|us|ns)?$/i.exec(text);
  const unit = m && units[m[2] ?? "us"];
  const whole = m !== null && /^\d+$/.test(m[1]);
  return unit && !(whole && Number(m[1]) >= MAX_WHOLE) ? Number(m[1]) * unit : undefined;
}

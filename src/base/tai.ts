/** TAI64N labels: https://cr.yp.to/libtai/tai64.html. Like daemontools, no leap second table: TAI is Unix time plus 10 s. */

const TAI_EPOCH = 4611686018427387914n; // 2^62 + 10
const HEX_LENGTH = 24;

/** Eight bytes of seconds and four of nanoseconds, big-endian, into `into` at `at`. */
export function packTai64n(into: DataView, at: number, seconds: number, nanoseconds: number): void {
  into.setBigUint64(at, TAI_EPOCH + BigInt(seconds));
  into.setUint32(at + 8, nanoseconds);
}

/** Unix seconds and nanoseconds of a packed label. */
export function unpackTai64n(from: DataView, at: number): { seconds: number; nanoseconds: number } {
  return { seconds: Number(from.getBigUint64(at) - TAI_EPOCH), nanoseconds: from.getUint32(at + 8) };
}

/** `@4000000065...` of Unix seconds and nanoseconds. */
export function tai64nLabel(seconds: number, nanoseconds: number): string {
  return `@${(TAI_EPOCH + BigInt(seconds)).toString(16).padStart(16, "0")}${nanoseconds.toString(16).padStart(8, "0")}`;
}

/** Unix time of the 24 hex digits after an @; undefined if they are not a label. */
export function parseTai64n(hex: string): { seconds: number; nanoseconds: number } | undefined {
  if (hex.length !== HEX_LENGTH || !/^[0-9a-f]+$/.test(hex)) return undefined;
  const seconds = Number(BigInt(`0x${hex.slice(0, 16)}`) - TAI_EPOCH);
  const nanoseconds = Number.parseInt(hex.slice(16), 16);
  return nanoseconds < 1e9 ? { seconds, nanoseconds } : undefined;
}

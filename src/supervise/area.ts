/** Memory for input and output, taken from a pool: of a thousand logs only a few are at work at a time. */

const BYTES = 256 * 1024;
/** Behind the end, for copying whole words. */
const SLACK = 8;

export interface Area {
  readonly bytes: Buffer;
  readonly view: DataView;
}

const free: Area[] = [];

export function takeArea(): Area {
  const area = free.pop();
  if (area) return area;
  const bytes = Buffer.allocUnsafeSlow(BYTES + SLACK);
  return { bytes, view: new DataView(bytes.buffer) };
}

export function giveArea(area: Area): void {
  free.push(area);
}

/** Bytes of an area that may be used. */
export const AREA_BYTES = BYTES;

/** Copies `length` bytes, and up to three more, a word at a time: for a line that is several times as fast as `set`. */
export function copyWords(from: DataView, at: number, to: DataView, into: number, length: number): void {
  for (let k = 0; k < length; k += 4) to.setUint32(into + k, from.getUint32(at + k, true), true);
}

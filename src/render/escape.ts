/** Quoting of bytes the way strace does: nothing a tracee holds can reach a terminal unescaped. */
import { bytesOf } from "../base/bytes.ts";

const simple: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** For each byte its escape; undefined for bytes printed as they are. */
interface Escapes {
  /** When the next byte is no octal digit. */
  readonly short: readonly (string | undefined)[];
  readonly long: readonly (string | undefined)[];
}

/** Escapes of bytes that are no text, and of the characters in `also`. */
function escapes(also: string): Escapes {
  const short = Array.from({ length: 256 }, (_, b) => {
    if (simple[b] !== undefined) return simple[b];
    const plain = b >= 32 && b < 127 && !also.includes(String.fromCharCode(b));
    return plain ? undefined : `\\${b.toString(8)}`;
  });
  const long = short.map((s, b) =>
    s === undefined || simple[b] !== undefined ? s : `\\${b.toString(8).padStart(3, "0")}`,
  );
  return { short, long };
}
const quoted = escapes("");
/** They delimit names. */
const named = escapes("<>");
const hex: readonly string[] = Array.from({ length: 256 }, (_, b) => `\\x${b.toString(16).padStart(2, "0")}`);

let viewed: Uint8Array | undefined;
let buffer: Buffer = Buffer.alloc(0);

/** 0 octal, 1 all hex if any byte is unprintable, 2 all hex, 3 hex where octal would be. */
export type EscapeStyle = 0 | 1 | 2 | 3;

/** The bytes escaped, without quotes. */
export function escapeBytes(
  bytes: Uint8Array,
  offset: number,
  length: number,
  style: EscapeStyle = 0,
): string {
  if (bytes !== viewed) {
    viewed = bytes;
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const end = offset + length;
  const { short } = quoted;
  let i = offset;
  if (style !== 2) {
    while (i < end && short[bytes[i]] === undefined) i++;
    if (i === end) return buffer.toString("latin1", offset, end);
  }
  if (style === 2 || (style === 1 && hasUnprintable(bytes, offset, end))) return inHex(bytes, offset, end);
  const text = buffer.toString("latin1", offset, i);
  return text + (style === 3 ? partlyHex(bytes, i, end, quoted) : octal(bytes, i, end, quoted));
}

function inHex(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += hex[bytes[i]];
  return text;
}

function partlyHex(bytes: Uint8Array, from: number, to: number, { short }: Escapes): string {
  let text = "";
  for (let i = from; i < to; i++) {
    const b = bytes[i];
    text += short[b] !== undefined && simple[b] === undefined ? hex[b] : (short[b] ?? String.fromCharCode(b));
  }
  return text;
}

function octal(bytes: Uint8Array, from: number, to: number, { short, long }: Escapes): string {
  let text = "";
  for (let i = from; i < to; i++) {
    const b = bytes[i];
    const next = i + 1 < to ? bytes[i + 1] : 0;
    text += (next >= 48 && next <= 55 ? long[b] : short[b]) ?? String.fromCharCode(b);
  }
  return text;
}

function hasUnprintable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const b = bytes[i];
    if ((b < 32 && (b < 9 || b > 13)) || b >= 127) return true;
  }
  return false;
}

/**
 * Escapes text from a tracee or /proc for output outside quotes (fd paths, comm); `<` and `>` too, as they delimit. What
 * base/bytes.ts made of bytes that are no UTF-8 is shown as those bytes.
 */
export function escapeName(text: string, style: EscapeStyle = 0): string {
  if (style !== 2 && PLAIN.test(text)) return text;
  const bytes = bytesOf(text);
  const { length } = bytes;
  if (style === 2 || (style === 1 && hasUnprintable(bytes, 0, length))) return inHex(bytes, 0, length);
  return style === 3 ? partlyHex(bytes, 0, length, named) : octal(bytes, 0, length, named);
}
const PLAIN = /^[ !#-;=?-[\]-~]*$/;

/** Quoting of bytes the way strace does: nothing a tracee holds can reach a terminal unescaped. */

const simple: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** For each byte, its escape when the next byte is no octal digit; undefined for bytes printed as they are. */
const short: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, b) => {
  if (simple[b] !== undefined) return simple[b];
  return b >= 32 && b < 127 ? undefined : `\\${b.toString(8)}`;
});
const long: readonly (string | undefined)[] = short.map((s, b) =>
  s === undefined || simple[b] !== undefined ? s : `\\${b.toString(8).padStart(3, "0")}`,
);
const hex: readonly string[] = Array.from({ length: 256 }, (_, b) => `\\x${b.toString(16).padStart(2, "0")}`);

let viewed: Uint8Array | undefined;
let buffer: Buffer = Buffer.alloc(0);

/**
 * The bytes escaped, without quotes. `style`: 0 octal, 1 all hex if any byte is unprintable, 2 all hex, 3 hex where
 * octal would be.
 */
export function escapeBytes(
  bytes: Uint8Array,
  offset: number,
  length: number,
  style: 0 | 1 | 2 | 3 = 0,
): string {
  if (bytes !== viewed) {
    viewed = bytes;
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const end = offset + length;
  let i = offset;
  if (style !== 2) {
    while (i < end && short[bytes[i]] === undefined) i++;
    if (i === end) return buffer.toString("latin1", offset, end);
  }
  if (style === 2 || (style === 1 && hasUnprintable(bytes, offset, end))) {
    let text = "";
    for (let k = offset; k < end; k++) text += hex[bytes[k]];
    return text;
  }
  let text = buffer.toString("latin1", offset, i);
  for (; i < end; i++) {
    const b = bytes[i];
    if (style === 3 && short[b] !== undefined && simple[b] === undefined) {
      text += hex[b];
      continue;
    }
    const next = i + 1 < end ? bytes[i + 1] : 0;
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

/** Escapes text from a tracee or /proc for output outside quotes (fd paths, comm); `<` and `>` too, as they delimit. */
export function escapeName(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  return escapeBytes(bytes, 0, bytes.length)
    .replace(/\\"/g, '"')
    .replace(/[<>]/g, (c) => `\\${c.charCodeAt(0).toString(8)}`);
}

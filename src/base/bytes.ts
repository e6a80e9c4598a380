/**
 * Text that may hold bytes which are no UTF-8: file names, arguments. Such a byte becomes one of the lone surrogates
 * U+DC80 to U+DCFF and back (Python's surrogateescape, PEP 383), so that nothing is lost on the way through strings.
 */

const ESCAPE = 0xdc00;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; `bytesOf` gives them back. */
export function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    let text = "";
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      text +=
        length === 0
          ? String.fromCharCode(ESCAPE + bytes[at])
          : strict.decode(bytes.subarray(at, at + length));
      at += Math.max(1, length);
    }
    return text;
  }
}

/** Bytes of the valid UTF-8 sequence at `at`, 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      strict.decode(bytes.subarray(at, at + length));
      return length;
    } catch {
      // a longer one, or none
    }
  }
  return 0;
}

/** The bytes of text, those that `textOf` escaped included. */
export function bytesOf(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const char of text) {
    const code = char.charCodeAt(0);
    const escaped = char.length === 1 && code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    parts.push(escaped ? Buffer.of(code - ESCAPE) : Buffer.from(char));
  }
  return Buffer.concat(parts);
}

/** Text for readers that refuse lone surrogates: each is U+FFFD, as a decoder without escapes would have it. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd");

/** Names and lines as a terminal may be given them. */

/** Control characters (C1 too), what is no UTF-8 (base/bytes.ts), and what is not seen but changes how the rest is shown. */
const UNSEEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\udc80-\udcff\ufeff]/g;

/**
 * Text that can neither drive the reader's terminal nor look like another: escapes as \xNN and \uNNNN. Tabs, too, which
 * would upset columns.
 */
export function printable(text: string): string {
  return text.replace(UNSEEN, (c) => {
    const code = c.charCodeAt(0);
    const noUtf8 = code >= 0xdc80 && code <= 0xdcff;
    return code < 0x100 || noUtf8
      ? `\\x${(code & 0xff).toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

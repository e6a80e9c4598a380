/** Recognises name lookups by what is sent: a DNS query in the printed arguments of a send call. */

/** Bytes of a string as strace prints it (C escapes, octal). */
export function unescaped(text: string): number[] {
  const bytes: number[] = [];
  const simple: Record<string, number> = { n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, '"': 34, "\\": 92 };
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "\\") {
      bytes.push(text.charCodeAt(i));
      continue;
    }
    const rest = text.slice(i + 1, i + 4);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    const hex = /^x[0-9a-f]{2}/i.exec(rest)?.[0];
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8));
      i += octal.length;
    } else if (hex !== undefined) {
      bytes.push(Number.parseInt(hex.slice(1), 16));
      i += 3;
    } else {
      bytes.push(simple[text[i + 1]] ?? text.charCodeAt(i + 1));
      i++;
    }
  }
  return bytes;
}

/** The name asked for, when the arguments of sendto, sendmsg, sendmmsg or write hold a DNS query. */
export function queryName(args: string): string | undefined {
  const quoted = /(?:iov_base=|^-?\d+(?:<[^>]*>)?, )"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];
  if (quoted === undefined) return undefined;
  const b = unescaped(quoted);
  // header: id, flags with QR and opcode 0, one question, no answers
  if (b.length < 14 || (b[2] & 0xf8) !== 0 || b[4] !== 0 || b[5] !== 1 || b[6] !== 0 || b[7] !== 0)
    return undefined;
  const labels: string[] = [];
  for (let i = 12; i < b.length; ) {
    const length = b[i++];
    if (length === 0) break;
    if (length > 63) return undefined;
    const label = b.slice(i, i + length);
    if (!label.every((c) => c > 32 && c < 127)) return undefined;
    labels.push(String.fromCharCode(...label) + (label.length < length ? "…" : ""));
    i += length;
  }
  return labels.length > 0 ? labels.join(".") : undefined;
}

/** Parts of network addresses as strace shows them: by a macro's call, or with -X raw by their bytes. */
import * as F from "../../abi/flags.ts";
import { inet6 } from "../../base/inet.ts";
import type { Context } from "../context.ts";
import { enumName } from "../flags.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Bytes quoted, every one in hexadecimal. */
export function quotedHex(c: Context, at: number, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += `\\x${c.memory.bytes[at + i].toString(16).padStart(2, "0")}`;
  return `"${text}"`;
}

/** Prints `text` for the `length` bytes at `at`; with -X raw the bytes, with -X verbose both. */
export function symbolic(c: Context, at: number, length: number, text: string): void {
  const style = c.options.xlat;
  if (style === "abbrev") c.sink.word(text);
  else c.sink.word(quotedHex(c, at, length) + (style === "verbose" ? ` /* ${text} */` : ""));
}

/** Prints `name=htons(port)` for a port in network byte order. */
export function portField(c: Context, name: string, at: number): void {
  c.sink.field(name);
  symbolic(c, at, 2, `htons(${c.memory.view.getUint16(at)})`);
}

/** What stands in quotes in a macro's call: in hexadecimal where all strings are. */
const argument = (c: Context, text: string): string =>
  c.options.hexStrings === 2
    ? Array.from(text, (t) => `\\x${t.charCodeAt(0).toString(16).padStart(2, "0")}`).join("")
    : text;

export const inet4Text = (c: Context, b: Uint8Array): string =>
  `inet_addr("${argument(c, b.subarray(0, 4).join("."))}")`;

/**
 * Prints an address as a field of its name; IPv6's name stands in the macro's call. `room` is how many bytes there are
 * for IPv4's, which with -X raw all show.
 */
export function inetField(c: Context, name: string, at: number, family: number, room = 4): void {
  if (family === AF_INET) {
    c.sink.field(name);
    symbolic(c, at, room, inet4Text(c, c.memory.bytes.subarray(at, at + 4)));
    return;
  }
  const text = inet6Text(c, c.memory.bytes.subarray(at, at + 16));
  if (c.options.xlat === "abbrev") {
    c.sink.item();
    c.sink.word(`${text}, &${name})`);
  } else {
    c.sink.field(name);
    symbolic(c, at, 16, `${text})`);
  }
}

/** Up to what follows the address: a name, or nothing. */
export const inet6Text = (c: Context, b: Uint8Array): string =>
  `inet_pton(AF_INET6, "${argument(c, inet6(b))}"`;

/** Prints the index of a network interface, by its name where it has one. */
export function printInterface(c: Context, index: number): void {
  const name = index === 0 ? undefined : c.options.interfaceText?.(index);
  if (name === undefined) c.sink.num(index);
  else c.sink.xlat(index, 0, `if_nametoindex("${name}")`, "", "unsigned");
}

export const octets = (c: Context, at: number, length: number): string =>
  Array.from(c.memory.bytes.subarray(at, at + length), (b) => b.toString(16).padStart(2, "0")).join(":");

/** Prints a hardware address of `length` bytes. */
export function hardwareField(c: Context, name: string, at: number, length: number): void {
  c.sink.field(name);
  symbolic(c, at, length, octets(c, at, length));
}

/** `ETH_P_IP`, or the number with a comment. */
export const etherType = (value: number): string =>
  enumName(F.nl_ether_types, value) ?? `${value === 0 ? "0" : `0x${value.toString(16)}`} /* ETH_P_??? */`;

/** printf's `%#0*x`: zeros before the digits, and 0x where the number is not zero. */
export function zeroPadded(value: number, width: number): string {
  return value === 0 ? "0".repeat(width) : `0x${(value >>> 0).toString(16).padStart(width - 2, "0")}`;
}

/** Prints a number that strace never shows by its name alone: number and comment. */
export function alwaysNumber(c: Context, value: number, name: string | undefined, fallback: string): void {
  const comment = name ?? fallback;
  c.sink.hex(value >>> 0, 0);
  if (comment !== "" && c.options.xlat !== "raw") c.sink.comment(comment);
}

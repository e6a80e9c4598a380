/** Writes values as strace prints them, appending to a line. */
import type { DecodeOptions } from "../decode/options.ts";
import type { ValueSink } from "../decode/sink.ts";
import { escapeBytes } from "./escape.ts";

const HIGH = 4294967296;

export class TextSink implements ValueSink {
  line = "";
  /** A comma is due before the next item. */
  private due = false;

  constructor(private readonly options: DecodeOptions) {}

  /** Begins an argument list. */
  begin(): void {
    this.due = false;
  }

  /** Arguments have been printed already and more will come. */
  resume(): void {
    this.due = false;
  }

  /** Whether anything has been printed since `begin`. */
  get any(): boolean {
    return this.due;
  }

  comma(due: boolean): void {
    this.due = due;
  }

  private next(): void {
    if (this.due) this.line += ", ";
    this.due = true;
  }

  arg(name: string): void {
    this.next();
    if (this.options.argNames) this.line += `${name}=`;
  }

  named(name: string): void {
    this.next();
    this.line += `${name}=`;
  }

  num(value: number): void {
    this.line += value;
  }

  long(lo: number, hi: number): void {
    if (hi === 0) this.line += lo;
    else if (hi === 0xffffffff && lo !== 0) this.line += lo - HIGH;
    else this.line += BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo)).toString();
  }

  ulong(lo: number, hi: number): void {
    if (hi < 0x200000) this.line += hi * HIGH + lo;
    else this.line += ((BigInt(hi) << 32n) | BigInt(lo)).toString();
  }

  hex(lo: number, hi: number): void {
    if (hi === 0) this.line += lo === 0 ? "0" : `0x${lo.toString(16)}`;
    else this.line += `0x${hi.toString(16)}${lo.toString(16).padStart(8, "0")}`;
  }

  octal(value: number): void {
    this.line += value === 0 ? "0" : `0${value.toString(8)}`;
  }

  addr(lo: number, hi: number): void {
    if (lo === 0 && hi === 0) this.line += "NULL";
    else this.hex(lo, hi);
  }

  xlat(
    lo: number,
    hi: number,
    name: string | undefined,
    fallback: string,
    plain: "hex" | "dec" | "unsigned" | "octal",
  ): void {
    const style = this.options.xlat;
    if (style === "abbrev" && name !== undefined) {
      this.line += name;
      return;
    }
    if (plain === "hex") this.hex(lo, hi);
    else if (plain === "dec") this.line += lo | 0;
    else if (plain === "unsigned") this.ulong(lo, hi);
    else this.line += `0${lo === 0 ? "" : lo.toString(8)}`.padStart(3, "0");
    if (style === "raw") return;
    if (name !== undefined) this.line += ` /* ${name} */`;
    else if (fallback) this.line += ` /* ${fallback} */`;
  }

  word(text: string): void {
    this.line += text;
  }

  str(bytes: Uint8Array, offset: number, length: number, more: boolean): void {
    this.line += `"${escapeBytes(bytes, offset, length, this.options.hexStrings)}"`;
    if (more) this.line += "...";
  }

  openStruct(): void {
    this.line += "{";
    this.due = false;
  }

  field(name: string): void {
    this.next();
    this.line += `${name}=`;
  }

  closeStruct(): void {
    this.line += "}";
    this.due = true;
  }

  openArray(): void {
    this.line += "[";
    this.due = false;
  }

  item(): void {
    this.next();
  }

  closeArray(): void {
    this.line += "]";
    this.due = true;
  }

  more(): void {
    this.line += "...";
  }

  comment(text: string): void {
    this.line += ` /* ${text} */`;
  }

  becomes(): void {
    this.line += " => ";
  }

  fd(fd: number, text: string | undefined): void {
    this.line += text === undefined ? fd : `${fd}${text}`;
  }

  pid(pid: number, text: string | undefined): void {
    this.line += text === undefined ? pid : `${pid}<${text}>`;
  }
}

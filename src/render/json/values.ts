/**
 * Decoded values as JSON. What strace writes as one word stays one string; numbers, strings, structures and arrays
 * become JSON's own. docs/JSON.md says it for readers.
 */
import type { ValueSink } from "../../decode/sink.ts";

/** What a descriptor is, as the kernel's link says it, of what strace puts behind its number. */
export function targetOf(text: string): string {
  const end = text.lastIndexOf(">");
  const deleted = text.slice(end + 1);
  return text.slice(1, end) + (deleted && ` ${deleted}`);
}

const HIGH = 4294967296;
/** High half of 2^53: larger integers would lose digits in most readers. */
const EXACT_HIGH = 0x200000;

/** A place for one value: an argument, a field, an element. */
interface Slot {
  /** Where its JSON begins in `text`, and where that of its latest part does. */
  start: number;
  part: number;
  /** Parts written so far, and their text as strace would write it. */
  parts: number;
  plain: string;
  /** A `=>` came: what follows is the value after the call. */
  changed: boolean;
  /** Something came before a structure: both are in an array. */
  joined: boolean;
  /** Where the key begins if none was given. */
  key: number;
}

interface Level {
  readonly kind: "object" | "array";
  count: number;
  slot: Slot | undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const WRAPPED = /^(?:htons|htonl|ntohs)\((?:0x([0-9a-f]+)|(\d+))\)$/;
const ADDRESS = /^inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]*)"(?:, &(\w+))?\)$/;

export class JsonValues implements ValueSink {
  private text = "";
  private levels: Level[] = [];

  /** Begins an object of arguments. */
  begin(): void {
    this.text = "{";
    this.levels = [{ kind: "object", count: 0, slot: undefined }];
  }

  /** Ends it. */
  end(): string {
    while (this.levels.length > 0) this.close();
    return this.text;
  }

  /** A single value, for what decoders write outside of arguments: reading it gives its JSON, "" if there is none. */
  get line(): string {
    if (this.levels.length === 0) return "";
    this.levels.length = 1;
    this.endSlot(this.levels[0]);
    return this.text;
  }

  set line(text: string) {
    this.text = text;
    this.levels = [{ kind: "array", count: 0, slot: undefined }];
  }

  private get level(): Level {
    return this.levels[this.levels.length - 1];
  }

  private open(kind: Level["kind"]): void {
    const slot = this.part();
    if (slot.parts > 1) {
      this.text = `${this.text.slice(0, slot.part)}[${this.text.slice(slot.part)},`;
      slot.joined = true;
    }
    this.text += kind === "object" ? "{" : "[";
    this.levels.push({ kind, count: 0, slot: undefined });
  }

  private close(): void {
    const level = this.levels.pop()!;
    this.endSlot(level);
    this.text += level.kind === "object" ? "}" : "]";
    // a structure has no text of its own to join with
    const slot = this.levels.at(-1)?.slot;
    if (slot) slot.plain += this.text.slice(slot.part);
  }

  private startSlot(name: string | undefined): Slot {
    const { level } = this;
    this.endSlot(level);
    if (level.count++ > 0) this.text += ",";
    const key = name === undefined ? this.text.length : -1;
    if (level.kind === "object") this.text += `${JSON.stringify(name ?? `value${level.count}`)}:`;
    const at = this.text.length;
    level.slot = { start: at, part: at, parts: 0, plain: "", changed: false, joined: false, key };
    return level.slot;
  }

  /** Begins a value called so, or names the one just begun. */
  private name(name: string): void {
    const { slot } = this.level;
    if (slot && slot.parts === 0 && slot.key >= 0) {
      this.text = `${this.text.slice(0, slot.key)}${JSON.stringify(name)}:`;
      slot.start = this.text.length;
      slot.part = slot.start;
    } else this.startSlot(name);
  }

  private endSlot(level: Level): void {
    const { slot } = level;
    if (!slot) return;
    if (slot.parts === 0) this.text += "null";
    if (slot.joined) this.text += "]";
    if (slot.changed) this.text += "}";
    level.slot = undefined;
  }

  /** Makes room for a part of the current value. */
  private part(): Slot {
    const slot = this.level.slot ?? this.startSlot(undefined);
    slot.parts++;
    return slot;
  }

  /** One value; a second one in the same place makes a string of both. */
  private put(json: string, plain: string): void {
    const slot = this.part();
    slot.plain += plain;
    if (slot.parts === 1) this.text += json;
    else this.text = this.text.slice(0, slot.part) + JSON.stringify(slot.plain);
  }

  arg(name: string): void {
    this.startSlot(name);
  }
  named(name: string): void {
    this.startSlot(name);
  }
  field(name: string): void {
    this.startSlot(name);
  }
  item(): void {
    // the first element, and what has a name in its text
    if (this.level.slot?.parts !== 0) this.startSlot(undefined);
  }

  num(value: number): void {
    this.put(String(value), String(value));
  }

  long(lo: number, hi: number): void {
    const top = hi | 0;
    if (top < EXACT_HIGH && top >= -EXACT_HIGH) this.num(top * HIGH + lo);
    else this.big(BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo)));
  }

  ulong(lo: number, hi: number): void {
    if (hi < EXACT_HIGH) this.num(hi * HIGH + lo);
    else this.big((BigInt(hi) << 32n) | BigInt(lo));
  }

  private big(value: bigint): void {
    this.put(`"${value}"`, String(value));
  }

  hex(lo: number, hi: number): void {
    const text = `0x${hi === 0 ? lo.toString(16) : hi.toString(16) + lo.toString(16).padStart(8, "0")}`;
    this.put(`"${text}"`, text);
  }

  octal(value: number): void {
    const text = value === 0 ? "0" : `0${value.toString(8)}`;
    this.put(`"${text}"`, text);
  }

  addr(lo: number, hi: number): void {
    if (lo === 0 && hi === 0) this.put("null", "NULL");
    else this.hex(lo, hi);
  }

  xlat(lo: number, hi: number, name: string | undefined, _fallback: string, plain: "hex" | "dec" | "octal") {
    if (name !== undefined) this.put(JSON.stringify(name), name);
    else if (plain === "hex") this.hex(lo, hi);
    else if (plain === "octal") this.octal(lo);
    else this.num(lo | 0);
  }

  word(text: string): void {
    const number = WRAPPED.exec(text);
    const address = number ? undefined : ADDRESS.exec(text);
    if (number) this.put(String(number[1] ? Number.parseInt(number[1], 16) : Number(number[2])), text);
    else if (address) {
      // strace writes the name of this field inside of the value
      if (address[2] !== undefined && this.level.kind === "object") this.name(address[2]);
      this.put(JSON.stringify(address[1]), text);
    } else if (text.startsWith("0") && /^0[0-7]*$/.test(text)) this.put(`"${text}"`, text);
    else if (/^\d{1,15}$/.test(text)) this.put(text, text);
    else this.put(JSON.stringify(text), text);
  }

  str(bytes: Uint8Array, offset: number, length: number, more: boolean): void {
    const part = bytes.subarray(offset, offset + length);
    let json: string;
    let text = "";
    try {
      text = decoder.decode(more ? withoutRest(part) : part);
      json = JSON.stringify(text);
      if (more) json = `{"text":${json},"more":true}`;
    } catch {
      const base64 = Buffer.from(part).toString("base64");
      json = `{"base64":"${base64}"${more ? ',"more":true' : ""}}`;
      text = base64;
    }
    this.put(json, text);
  }

  openStruct(): void {
    this.open("object");
  }
  closeStruct(): void {
    this.close();
  }
  openArray(): void {
    this.open("array");
  }
  closeArray(): void {
    this.close();
  }

  more(): void {
    const { level } = this;
    if (level.kind === "object") {
      this.name("...");
      this.put("true", "...");
      return;
    }
    if (level.slot?.parts !== 0) this.startSlot(undefined);
    this.put('{"...":true}', "...");
  }

  comment(): void {}

  becomes(): void {
    const slot = this.level.slot ?? this.startSlot(undefined);
    if (slot.parts === 0) this.text += "null";
    const before = this.text.slice(slot.start);
    this.text = `${this.text.slice(0, slot.start)}{"before":${before},"after":`;
    slot.part = this.text.length;
    slot.parts = 0;
    slot.plain = "";
    slot.changed = true;
  }

  fd(fd: number, text: string | undefined): void {
    if (text === undefined) this.num(fd);
    else this.put(`{"fd":${fd},"target":${JSON.stringify(targetOf(text))}}`, `${fd}${text}`);
  }

  pid(pid: number, text: string | undefined): void {
    if (text === undefined) this.num(pid);
    else this.put(`{"pid":${pid},"comm":${JSON.stringify(text)}}`, `${pid}<${text}>`);
  }
}

/** Without the beginning of a UTF-8 sequence that was cut off at the end. */
function withoutRest(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const b = bytes[bytes.length - back];
    if (b < 0x80) break;
    if (b < 0xc0) continue;
    const size = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
    return size > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

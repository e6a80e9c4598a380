/**
 * What decoding produces: a stream of calls on a sink rather than a tree, because a tree per call would cost more
 * than the rest of the pipeline. Rendering to text, to JSON or into a tree are sinks.
 */
export interface ValueSink {
  /** Begins the next argument. */
  arg(name: string): void;
  /** Begins the next argument; its name prints whatever the options (clone's `flags=`). */
  named(name: string): void;
  /** Signed decimal (fits 32 bits or is exact as a double). */
  num(value: number): void;
  /** 64-bit values from halves. */
  long(lo: number, hi: number): void;
  ulong(lo: number, hi: number): void;
  hex(lo: number, hi: number): void;
  /** With a leading 0. */
  octal(value: number): void;
  /** NULL, or 0x…. */
  addr(lo: number, hi: number): void;
  /**
   * A value with a symbolic form; `name` undefined when none is known. `fallback` is the set's own "O_???" used in
   * a comment then. `plain` is the base for the raw value.
   */
  xlat(
    lo: number,
    hi: number,
    name: string | undefined,
    fallback: string,
    plain: "hex" | "dec" | "unsigned" | "octal",
  ): void;
  /** Symbolic text without a number behind it (makedev(…), htons(80), sizes, NULL-like words). */
  word(text: string): void;
  /** Quoted bytes; `more` appends ... */
  str(bytes: Uint8Array, offset: number, length: number, more: boolean): void;
  openStruct(): void;
  field(name: string): void;
  closeStruct(): void;
  openArray(): void;
  item(): void;
  closeArray(): void;
  /** The rest is left out: `...`. */
  more(): void;
  /** An explanatory comment. */
  comment(text: string): void;
  /** The value changed during the call: ` => `. */
  becomes(): void;
  /** Whether a comma comes before the next argument, where the last one is printed in two parts. */
  comma?(due: boolean): void;
  /** `text` is what stands behind the number, angle brackets included. */
  fd(fd: number, text: string | undefined): void;
  pid(pid: number, text: string | undefined): void;
}

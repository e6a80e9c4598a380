/** A type compiled for printing. */
import type { Context } from "./context.ts";

export interface Walker {
  /** Bytes the value occupies in memory. */
  size(c: Context): number;
  /** Prints a value held in a register or loaded field: 64 bits as two unsigned halves. */
  value(c: Context, lo: number, hi: number): void;
  /** Prints the value at an offset of the memory arena. */
  memory(c: Context, at: number): void;
  /** Notes at entry what the exit will need (length arguments that the kernel overwrites). */
  enter?(c: Context, lo: number, hi: number): void;
}

/** Prints an address for a pointer that cannot be followed. */
export function printAddress(c: Context, lo: number, hi: number): void {
  c.sink.addr(lo, hi);
}

/** A walker for values that are pointers: in memory they are a word. */
export function pointerWalker(
  value: (c: Context, lo: number, hi: number) => void,
  enter?: (c: Context, lo: number, hi: number) => void,
): Walker {
  return {
    size: (c) => c.wordSize,
    value,
    memory(c, at) {
      c.wordAt(at);
      value(c, c.wordLo, c.wordHi);
    },
    enter,
  };
}

/** Prints what follows the return value in parentheses; true if they are there even with nothing in them. */
export type AuxPrinter = (c: Context) => boolean | void;

/** Value printers, result printers and whole-call printers that data cannot express; see decode/special/. */
export interface Specials {
  readonly values: Map<string, (data: unknown) => Walker>;
  readonly aux: Map<string, AuxPrinter>;
  readonly calls: Map<string, { enter(c: Context): boolean; exit(c: Context): void }>;
}

export const specials: Specials = { values: new Map(), aux: new Map(), calls: new Map() };

/**
 * Registers a value printer used by `special(name, …)` in a descriptor. When the value is out or inout it is
 * called at exit; check `c.call.error` there.
 */
export function registerValue(name: string, make: (data: unknown) => Walker): void {
  specials.values.set(name, make);
}

/** Registers a printer of what follows the return value in parentheses; mostly, printing nothing omits them. */
export function registerAux(name: string, print: AuxPrinter): void {
  specials.aux.set(name, print);
}

/** Registers a printer of a whole argument list; `enter` returns true when everything has been printed. */
export function registerCall(
  name: string,
  printer: { enter(c: Context): boolean; exit(c: Context): void },
): void {
  specials.calls.set(name, printer);
}

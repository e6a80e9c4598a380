/** What the printers of socket addresses share, and the two families everything else is built on. */
import type { Context } from "../context.ts";
import { AF_INET, AF_INET6, inetField, portField, printInterface, symbolic } from "./addresses.ts";

/** How the address of a family prints after its sa_family. */
export interface Family {
  /** Bytes below which it is not this family's. */
  readonly least: number;
  print(c: Context, at: number, length: number): void;
}

/** Prints what of an address follows its family as bytes. */
export function rawAddress(c: Context, at: number, length: number): void {
  c.sink.field("sa_data");
  c.sink.str(c.memory.bytes, at + 2, length - 2, false);
}

export const inet: Family = {
  least: 16,
  print(c, at) {
    portField(c, "sin_port", at + 2);
    inetField(c, "sin_addr", at + 4, AF_INET);
  },
};

/** fe80::/10 and ff02::/16, whose scope is a network interface. */
const isLinkLocal = (b: Uint8Array, at: number): boolean =>
  (b[at] === 0xfe && (b[at + 1] & 0xc0) === 0x80) || (b[at] === 0xff && (b[at + 1] & 0xf) === 2);

export const inet6Family: Family = {
  least: 24,
  print(c, at, length) {
    const { view, bytes } = c.memory;
    portField(c, "sin6_port", at + 2);
    c.sink.field("sin6_flowinfo");
    symbolic(c, at + 4, 4, `htonl(${view.getUint32(at + 4)})`);
    inetField(c, "sin6_addr", at + 8, AF_INET6);
    if (length <= 24) return;
    c.sink.field("sin6_scope_id");
    let scope = 0;
    for (let i = Math.min(length, 28) - 1; i >= 24; i--) scope = ((scope << 8) | bytes[at + i]) >>> 0;
    if (isLinkLocal(bytes, at + 8)) printInterface(c, scope);
    else c.sink.num(scope);
  },
};

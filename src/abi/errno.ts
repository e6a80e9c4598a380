/** Errno names and texts, those the kernel keeps to itself included. */
import { errnos } from "./generated/errno.ts";

const table = new Map(errnos.map(([n, name, text]) => [n, { name, text }]));

export function errnoName(n: number): string | undefined {
  return table.get(n)?.name;
}

/** The C library's text; `Unknown error N` as strerror(3) says. */
export function errnoText(n: number): string {
  return table.get(n)?.text ?? `Unknown error ${n}`;
}

/** Number of an errno by its name, in either case. */
export function errnoNumber(name: string): number | undefined {
  const wanted = name.toUpperCase();
  return errnos.find(([, known]) => known === wanted)?.[0] ?? aliases[wanted];
}

const aliases: Readonly<Record<string, number>> = { EWOULDBLOCK: 11, EDEADLOCK: 35, ENOTSUP: 95 };

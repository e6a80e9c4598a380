/** Errno names and texts, those the kernel keeps to itself included. */
import { errnos } from "./generated/errno.ts";

const table = new Map(errnos.map(([n, name, text]) => [n, { name, text }]));

export function errnoName(n: number): string | undefined {
  return table.get(n)?.name;
}

/** Number of an errno given by its name, in any case. */
export function errnoNumber(name: string): number | undefined {
  const wanted = name.toUpperCase();
  return errnos.find(([, known]) => known === wanted)?.[0];
}

/** The C library's text; `Unknown error N` as strerror(3) says. */
export function errnoText(n: number): string {
  return table.get(n)?.text ?? `Unknown error ${n}`;
}

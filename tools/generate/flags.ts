/** Flag sets by specification: which names, in which order they print, from which headers. */
import { constants, enumerators, literal, macros } from "./gcc.ts";

export interface SetSpec {
  readonly headers: readonly string[];
  /** Names in printing order. */
  readonly names?: readonly string[];
  /** Or: every macro with this prefix, by value. */
  readonly prefix?: string;
  /** Or: with any of these. */
  readonly prefixes?: readonly string[];
  /** Or: every member of the enumeration this is a member of, in its order. */
  readonly enumOf?: string;
  readonly exclude?: RegExp;
  /** What an unknown value is called in a comment, `O_???`. */
  readonly fallback: string;
  /** Values the headers lack: in their place among the names, else last, or first with `extraFirst`. */
  readonly extra?: Readonly<Record<string, number | bigint>>;
  readonly extraFirst?: boolean;
  /** Names printed differently from the macro. */
  readonly rename?: Readonly<Record<string, string>>;
}

export interface StructSpec {
  readonly headers: readonly string[];
  /** C type, if not `struct NAME`. */
  readonly type?: string;
  /** C declarations put before. */
  readonly prelude?: string;
}

export interface Spec {
  readonly sets: Record<string, SetSpec>;
  readonly structs: Record<string, StructSpec>;
}

export function flagTables(sets: Readonly<Record<string, SetSpec>>): string {
  let out = 'import type { FlagSet } from "../flag-set.ts";\n';
  for (const name of Object.keys(sets).sort()) out += oneSet(name, sets[name]);
  return out;
}

function oneSet(setName: string, spec: SetSpec): string {
  const entries: (readonly [string, bigint])[] = [];
  if (spec.headers.length > 0) {
    const prefixes = spec.prefixes ?? [spec.prefix ?? "?"];
    const names =
      spec.names ??
      (spec.enumOf
        ? enumerators(spec.headers, spec.enumOf)
        : [...macros(spec.headers).keys()].filter((n) => prefixes.some((p) => n.startsWith(p)))
      ).filter((n) => !spec.exclude?.test(n));
    const values = constants(spec.headers, names);
    for (const n of names) {
      const own = spec.extra?.[n];
      const v = values.get(n) ?? (own === undefined ? undefined : BigInt(own));
      if (v !== undefined) entries.push([n, v]);
      else if (spec.names)
        console.error(`warning: ${setName}: ${n} is not defined by ${spec.headers.join(", ")}`);
    }
    if (!spec.names && !spec.enumOf) {
      entries.sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[0] < b[0] ? -1 : 1));
      for (let i = entries.length - 1; i > 0; i--)
        if (entries[i][1] === entries[i - 1][1]) entries.splice(i, 1);
    }
  }
  const known = new Set(entries.map(([n]) => n));
  const extra = Object.entries(spec.extra ?? {})
    .filter(([n]) => !known.has(n))
    .map(([n, v]) => [n, BigInt(v)] as const);
  if (spec.extraFirst) entries.unshift(...extra);
  else entries.push(...extra);
  const rows = entries
    .map(([n, v]) => `    [${literal(v)}, ${JSON.stringify(spec.rename?.[n] ?? n)}],\n`)
    .join("");
  return `export const ${setName}: FlagSet = {\n  name: "${setName}",\n  fallback: ${JSON.stringify(spec.fallback)},\n  entries: [\n${rows}  ],\n};\n`;
}

/** What stands behind a program's name in its usage, made from its table. */
import type { Operand, Program } from "./types.ts";

export function synopses(p: Program): readonly string[] {
  if (p.synopsis) return p.synopsis;
  const options = p.options?.length ? ["[OPTIONS]"] : [];
  return [[...options, ...(p.operands ?? []).map(operand)].join(" ")];
}

function operand({ name, optional, repeated }: Operand): string {
  const text = repeated ? `${name}...` : name;
  return optional ? `[${text}]` : text;
}

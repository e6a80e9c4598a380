/** --help, made from a program's table. */
import { synopses } from "./synopsis.ts";
import type { Option, Program } from "./types.ts";

const WIDTH = 100;
const LONGEST_TERM = 30;

export function helpText(p: Program): string {
  const called = p.applet ? p.name : `svtrace ${p.name}`;
  const parts = [
    synopses(p)
      .map((s, i) => `${i === 0 ? "usage:" : "      "} ${called} ${s}`.trimEnd())
      .join("\n"),
    ...p.description.map((text) => wrap(text, "")),
  ];
  if (p.options?.length) parts.push(`Options\n${list(p.options.map((o) => [optionTerm(o), o.help]))}`);
  if (p.files) parts.push(`Files\n${list(p.files)}`);
  if (p.examples)
    parts.push(`Examples\n${p.examples.map(([c, w]) => `  ${c}\n${wrap(w, "      ")}`).join("\n")}`);
  parts.push(`Exit codes\n${list(p.exits)}`);
  return `${parts.join("\n\n")}\n`;
}

/** `-j, --json` or `--format=FORMAT`. */
export function optionTerm(o: Option): string {
  const long = o.long && `--${o.long}${o.value ? (o.optional ? `[=${o.value}]` : `=${o.value}`) : ""}`;
  const short = o.short && `-${o.short}${!o.long && o.value ? ` ${o.value}` : ""}`;
  return [short, long].filter(Boolean).join(", ");
}

function list(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(LONGEST_TERM, Math.max(...rows.map(([term]) => term.length)));
  const indent = " ".repeat(width + 4);
  return rows
    .map(([term, text]) => {
      const lines = wrap(text, indent).slice(indent.length);
      return term.length > width ? `  ${term}\n${indent}${lines}` : `  ${term.padEnd(width)}  ${lines}`;
    })
    .join("\n");
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((l) => indent + l).join("\n");
}

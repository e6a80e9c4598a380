/** Manual pages in the man(7) macros, made from the tables. */
import { optionTerm } from "./help.ts";
import { overview, pageName, programs } from "./index.ts";
import { synopses } from "./synopsis.ts";
import type { Program } from "./types.ts";

/** Of the pages' last change in substance. */
const DATE = "2026-11-26";

/** `svc.8`, relative to the directory of the pages. */
export const pageFile = (p: Program): string => `${pageName(p)}.${p.section}`;

export const allPages: readonly Program[] = [overview, ...programs.filter((p) => !p.internal)];

/** The page's source. `version` is svtrace's. */
export function manPage(p: Program, version: string): string {
  const out: string[] = [
    `.TH ${pageName(p).toUpperCase()} ${p.section} "${DATE}" "svtrace ${version}" "svtrace"`,
    ".SH NAME",
    `${quoted(pageName(p))} \\- ${quoted(p.summary)}`,
    ".SH SYNOPSIS",
  ];
  const called = p.name === "svtrace" || p.applet ? p.name : `svtrace ${p.name}`;
  synopses(p).forEach((s, i) => {
    if (i > 0) out.push(".br");
    out.push(`.B ${quoted(called)}`, ...(s === "" ? [] : [text(s)]));
  });
  out.push(".SH DESCRIPTION");
  out.push(p.description.map(text).join("\n.PP\n"));
  if (p === overview) {
    section(
      out,
      "COMMANDS",
      programs.filter((c) => !c.internal).map((c) => [c.name, c.summary]),
    );
  }
  if (p.options?.length)
    section(
      out,
      "OPTIONS",
      p.options.map((o) => [optionTerm(o), o.help]),
    );
  if (p.files) section(out, "FILES", p.files);
  section(out, "EXIT STATUS", p.exits);
  if (p.examples) section(out, "EXAMPLES", p.examples);
  if (p.seeAlso) {
    const pages = p.seeAlso.map((s) => s.replace(/^(.*)\((\d)\)$/, (_, n, k) => `.BR ${quoted(n)} (${k})`));
    out.push(".SH SEE ALSO", pages.join(" ,\n"));
  }
  return `${out.join("\n")}\n`;
}

function section(out: string[], title: string, rows: readonly (readonly [string, string])[]): void {
  out.push(`.SH ${title}`);
  for (const [term, what] of rows) out.push(".TP", `.B ${quoted(term)}`, text(what));
}

/** One input line a sentence would be usual; one a paragraph is as good, but for a control character in front. */
function text(s: string): string {
  return quoted(s).replace(/^[.']/, "\\&$&");
}

function quoted(s: string): string {
  return s
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll('"', "\\(dq");
}

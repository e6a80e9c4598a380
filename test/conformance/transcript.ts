/**
 * The cases' notation, which is that of cram: a line that is not indented names a case; `  $ command` (continued by
 * `  > `) is run by sh, and what follows is what it must print: standard output, then standard error behind `! `,
 * then the exit status in brackets unless it is 0. `  ~ reason` says that ours differs here on purpose; what ours
 * prints follows it.
 */

export interface Step {
  readonly command: string;
  /** Output, standard error, status: the lines as they stand in the file, without their indentation. */
  readonly expected: readonly string[];
  /** Where ours differs: why, and what it prints. */
  readonly ours?: { readonly reason: string; readonly expected: readonly string[] };
}

export interface Case {
  readonly name: string;
  /** Lines of explanation below the name. */
  readonly notes: readonly string[];
  readonly steps: readonly Step[];
}

export interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly status: number;
}

const INDENT = "  ";

/** Throws an Error that names the line it cannot make sense of. */
export function parse(text: string): Case[] {
  const cases: { name: string; notes: string[]; steps: Mutable[] }[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const current = cases.at(-1);
    if (!line.startsWith(INDENT)) {
      if (current && current.steps.length === 0) current.notes.push(line);
      else cases.push({ name: line, notes: [], steps: [] });
      continue;
    }
    const content = line.slice(INDENT.length);
    const step = current?.steps.at(-1);
    if (content.startsWith("$ ")) {
      if (!current) throw new Error(`line ${i + 1}: a command before the first case's name`);
      current.steps.push({ command: content.slice(2), expected: [] });
    } else if (!step) throw new Error(`line ${i + 1}: output before the first command`);
    else if (content.startsWith("> ")) step.command += `\n${content.slice(2)}`;
    else if (content.startsWith("~ ")) step.ours = { reason: content.slice(2), expected: [] };
    else (step.ours ?? step).expected.push(content);
  }
  return cases;
}

interface Mutable {
  command: string;
  expected: string[];
  ours?: { reason: string; expected: string[] };
}

/** The reverse of parse for one case, with what Debian's and, where that differs, ours printed. */
export function print(c: Case, original: readonly Outcome[], own: readonly Outcome[]): string {
  const steps = c.steps.flatMap((step, i) => [
    `$ ${step.command.replaceAll("\n", "\n  > ")}`,
    ...show(original[i]),
    ...(step.ours ? [`~ ${step.ours.reason}`, ...show(own[i])] : []),
  ]);
  return [c.name, ...c.notes, ...steps.map((line) => INDENT + line), ""].join("\n");
}

/** An outcome as lines of a transcript. */
export function show({ stdout, stderr, status }: Outcome): string[] {
  return [
    ...lines(stdout),
    ...lines(stderr).map((line) => `! ${line}`),
    ...(status === 0 ? [] : [`[${status}]`]),
  ];
}

/** Bytes that are not printable ASCII show as \xNN; a missing newline at the end is said. */
function lines(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const text = [...bytes.toString("latin1")].map(visible).join("");
  return text.endsWith("\n") ? text.slice(0, -1).split("\n") : `${text} (no-eol)`.split("\n");
}

function visible(char: string): string {
  if (char === "\n" || (char >= " " && char <= "~")) return char;
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

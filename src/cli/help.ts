/** `svtrace help [NAME]`. */
import { helpText } from "./options/help.ts";
import { overview, programNamed, programs, table } from "./options/index.ts";
import { parseArguments, wrong } from "./options/parse.ts";
import { print } from "./stdout.ts";

export async function main(argv: string[]): Promise<number> {
  const [name] = parseArguments(table("help"), argv).operands;
  const program = name === undefined ? undefined : programNamed(name);
  if (name !== undefined && !program) throw wrong(table("help"), `no program ${name}`);
  await print(program ? helpText(program) : general());
  return 0;
}

function general(): string {
  const commands = programs.filter((p) => !p.internal && !p.applet);
  const width = Math.max(...commands.map((p) => p.name.length));
  const applets = programs.filter((p) => p.applet).map((p) => p.name);
  return `usage: svtrace ${overview.synopsis![0]}

Find out why a service, or its restart, is slow:
${commands.map((p) => `  ${p.name.padEnd(width)}  ${p.summary}`).join("\n")}

Programs, also runnable through links made by \`svtrace applets DIR\`:
  ${applets.slice(0, 9).join(" ")}
  ${applets.slice(9).join(" ")}

svtrace COMMAND --help, svtrace help PROGRAM and svtrace man PROGRAM tell more.
`;
}

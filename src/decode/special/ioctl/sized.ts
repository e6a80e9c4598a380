/** Commands that say in their number how much room there is for a text. */
import { special } from "../../../syscalls/types/build.ts";
import type { Command } from "./command.ts";

const returned: Command = { kind: "out", type: special("returned_text", 256) };
const READ = 2;
/** Letter and numbers of those commands. */
const texts: Readonly<Record<string, readonly number[]>> = { E: [6, 7, 8] };

export function namedBySize(cmd: number, letter: string, number: number): Command | undefined {
  return cmd >>> 30 === READ && texts[letter]?.includes(number) ? returned : undefined;
}

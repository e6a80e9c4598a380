/** Frames of a stack as strace shows them under -k. */
import { demangle } from "../symbols/demangle.ts";
import { executable } from "../symbols/maps.ts";
import type { Place } from "../unwind/unwinder.ts";
import { escapeName } from "./escape.ts";

/** Names of C++ have angle brackets, which names of files are shown without. */
export const symbolText = (name: string): string => (/^[ -~]*$/.test(name) ? name : escapeName(name));
const hex = (n: number): string => `0x${n.toString(16)}`;

/** ` > PROGRAM(FUNCTION+0xOFFSET) [0xOFFSET_IN_FILE]` */
export function frameText({ address, mapping, image, inFile, behind }: Place): string {
  if (!mapping || !executable(mapping) || mapping.path === "")
    return ` > unexpected_backtracing_error [${hex(address)}]`;
  const file = escapeName(mapping.path) + (mapping.deleted ? " (deleted)" : "");
  // strace names whatever function begins last before it, however far that is
  const symbol = image?.nearest(inFile);
  const name = symbol ? `${symbolText(demangle(symbol.name))}+${hex(inFile + behind - symbol.start)}` : "";
  return ` > ${file}(${name}) [${hex(address - mapping.start + mapping.offset)}]`;
}

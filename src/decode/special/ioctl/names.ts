/** Names of ioctl(2)'s commands: generated ones, and those that hold a number. */
import type { FlagSet } from "../../../abi/flags.ts";
import * as F from "../../../abi/flags.ts";
import { ioctlNames } from "../../../abi/ioctls.ts";
import { enumName } from "../../flags.ts";

const NONE = 0;
const WRITE = 1;
const READ = 2;
const directions = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"];

export const direction = (cmd: number): number => cmd >>> 30;
export const letter = (cmd: number): string => String.fromCharCode((cmd >>> 8) & 0xff);
export const number = (cmd: number): number => cmd & 0xff;
/** Bytes at the argument. */
export const size = (cmd: number): number => (cmd >>> 16) & 0x3fff;

const hexText = (n: number) => (n === 0 ? "0" : `0x${n.toString(16)}`);

/** Commands whose name is a macro with an argument: their direction, letter and numbers, and the text. */
interface Family {
  readonly direction: number;
  readonly letter: string;
  readonly from: number;
  readonly to: number;
  text(number: number, size: number, commented: boolean): string;
}

const sizedText = (name: string) => (_: number, bytes: number) => `${name}(${bytes})`;

const argument = (set: FlagSet, nr: number, commented: boolean) =>
  enumName(set, nr) ?? hexText(nr) + (commented ? ` /* ${set.fallback} */` : "");
const bits = (nr: number, bytes: number, commented: boolean) =>
  `EVIOCGBIT(${nr === 0x20 ? "0" : argument(F.input_events, nr - 0x20, commented)}, ${bytes})`;

const families: readonly Family[] = [
  { direction: READ, letter: "E", from: 6, to: 6, text: sizedText("EVIOCGNAME") },
  { direction: READ, letter: "E", from: 7, to: 7, text: sizedText("EVIOCGPHYS") },
  { direction: READ, letter: "E", from: 8, to: 8, text: sizedText("EVIOCGUNIQ") },
  { direction: READ, letter: "E", from: 9, to: 9, text: sizedText("EVIOCGPROP") },
  { direction: READ, letter: "E", from: 0xa, to: 0xa, text: sizedText("EVIOCGMTSLOTS") },
  { direction: READ, letter: "E", from: 0x18, to: 0x18, text: sizedText("EVIOCGKEY") },
  { direction: READ, letter: "E", from: 0x19, to: 0x19, text: sizedText("EVIOCGLED") },
  { direction: READ, letter: "E", from: 0x1a, to: 0x1a, text: sizedText("EVIOCGSND") },
  { direction: READ, letter: "E", from: 0x1b, to: 0x1b, text: sizedText("EVIOCGSW") },
  { direction: READ, letter: "E", from: 0x20, to: 0x3f, text: bits },
  {
    direction: READ,
    letter: "E",
    from: 0x40,
    to: 0x7f,
    text: (nr, _, commented) => `EVIOCGABS(${argument(F.input_absolute, nr - 0x40, commented)})`,
  },
  {
    direction: WRITE,
    letter: "E",
    from: 0xc0,
    to: 0xff,
    text: (nr, _, commented) => `EVIOCSABS(${argument(F.input_absolute, nr - 0xc0, commented)})`,
  },
  { direction: READ, letter: "H", from: 4, to: 4, text: sizedText("HIDIOCGRAWNAME") },
  { direction: READ, letter: "H", from: 5, to: 5, text: sizedText("HIDIOCGRAWPHYS") },
  { direction: READ, letter: "H", from: 8, to: 8, text: sizedText("HIDIOCGRAWUNIQ") },
  { direction: READ | WRITE, letter: "H", from: 6, to: 6, text: sizedText("HIDIOCSFEATURE") },
  { direction: READ | WRITE, letter: "H", from: 7, to: 7, text: sizedText("HIDIOCGFEATURE") },
  { direction: READ, letter: "U", from: 0x2c, to: 0x2c, text: sizedText("UI_GET_SYSNAME") },
  { direction: READ, letter: "j", from: 0x13, to: 0x13, text: sizedText("JSIOCGNAME") },
  { direction: WRITE, letter: "M", from: 0, to: 0xff, text: (nr) => `MIXER_WRITE(${nr})` },
  { direction: READ, letter: "M", from: 0, to: 0xff, text: (nr) => `MIXER_READ(${nr})` },
];

/** The command's names, unknown arguments of them with a comment if it is asked for, or `_IOC(direction, type, number, size)` (asm-generic/ioctl.h). */
export function commandText(cmd: number, commented: boolean): string {
  const names = [...ioctlNames(cmd)];
  const d = direction(cmd);
  const nr = number(cmd);
  const family =
    d !== NONE &&
    families.find((f) => f.direction === d && f.letter === letter(cmd) && f.from <= nr && nr <= f.to);
  if (family) names.unshift(family.text(nr, size(cmd), commented));
  if (names.length > 0) return names.join(" or ");
  return `_IOC(${directions[d]}, ${hexText((cmd >>> 8) & 0xff)}, ${hexText(nr)}, ${hexText(size(cmd))})`;
}

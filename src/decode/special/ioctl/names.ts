/** Names of ioctl(2)'s commands: generated ones, and those that hold a number. */
import { ioctlNames } from "../../../abi/ioctls.ts";

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
  text(number: number, size: number): string;
}

const sizedText = (name: string) => (_: number, bytes: number) => `${name}(${bytes})`;
const inputName = (nr: number, names: Readonly<Record<number, string>>) => names[nr] ?? hexText(nr);

const eventTypes: Readonly<Record<number, string>> = {
  0: "EV_SYN",
  1: "EV_KEY",
  2: "EV_REL",
  3: "EV_ABS",
  4: "EV_MSC",
  5: "EV_SW",
  17: "EV_LED",
  18: "EV_SND",
  20: "EV_REP",
  21: "EV_FF",
  22: "EV_PWR",
  23: "EV_FF_STATUS",
};
const bits = (nr: number, bytes: number) =>
  `EVIOCGBIT(${inputName(nr - 0x20, eventTypes)}${nr - 0x20 in eventTypes ? "" : " /* EV_??? */"}, ${bytes})`;

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

/** The command's names, or `_IOC(direction, type, number, size)` (asm-generic/ioctl.h). */
export function commandText(cmd: number): string {
  const names = [...ioctlNames(cmd)];
  const d = direction(cmd);
  const nr = number(cmd);
  const family =
    d !== NONE &&
    families.find((f) => f.direction === d && f.letter === letter(cmd) && f.from <= nr && nr <= f.to);
  if (family) names.unshift(family.text(nr, size(cmd)));
  if (names.length > 0) return names.join(" or ");
  return `_IOC(${directions[d]}, ${hexText((cmd >>> 8) & 0xff)}, ${hexText(nr)}, ${hexText(size(cmd))})`;
}

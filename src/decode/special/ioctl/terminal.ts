/** Commands of terminals (tty_ioctl(2)) and their settings. */
import * as F from "../../../abi/flags.ts";
import { flags, int, oneOf, special, struct, ushort } from "../../../syscalls/types/build.ts";
import type { Context } from "../../context.ts";
import { enumName, flagNames, hexText, printEnum } from "../../flags.ts";
import { registerValue } from "../../walker.ts";
import { type Command, each, none, reads, value, writes } from "./command.ts";

interface Shape {
  /** Bytes of a flag word. */
  readonly word: 2 | 4;
  readonly size: number;
  /** Where c_line is, and how many control characters follow it. */
  readonly line: number;
  readonly characters: number;
  /** Where c_ispeed and c_ospeed are. */
  readonly speeds?: number;
}

/** The kernel's structs, not the C library's (asm-generic/termbits.h, asm-generic/termios.h). */
const shapes = {
  termio: { word: 2, size: 18, line: 8, characters: 8 },
  termios: { word: 4, size: 36, line: 16, characters: 19 },
  termios2: { word: 4, size: 44, line: 16, characters: 19, speeds: 36 },
} satisfies Record<string, Shape>;

const CBAUD = 0o10017;
const CIBAUD = 0o2003600000;
const IBSHIFT = 16;
const SHIFTED = "<<IBSHIFT";
const CSIZE = 0o60;
/** Delay fields of c_oflag: name, mask, bits below. */
const delays: readonly (readonly [string, number, number])[] = [
  ["NL", 0o400, 8],
  ["CR", 0o3000, 9],
  ["TAB", 0o14000, 11],
  ["BS", 0o20000, 13],
  ["VT", 0o40000, 14],
  ["FF", 0o100000, 15],
];
const delayBits = delays.reduce((m, [, mask]) => m | mask, 0);

/** A part of a flag word: its bits and their name. */
type Part = readonly [bits: number, name: string | undefined];

const named = (set: F.FlagSet, bits: number): Part => [bits, enumName(set, bits)];
/** What is left after the parts that are numbers; strace leaves a gap when that is nothing. */
const rest = (set: F.FlagSet, bits: number): Part => [bits, bits === 0 ? "" : flagNames(set, bits)];

const outputParts = (bits: number): Part[] => [
  ...delays.map(([name, mask, shift]): Part => [bits & mask, `${name}${(bits & mask) >>> shift}`]),
  rest(F.term_oflags, (bits & ~delayBits) >>> 0),
];
const controlParts = (bits: number): Part[] => {
  const input = (bits & CIBAUD) >>> IBSHIFT;
  const parts = [named(F.term_speeds, bits & CBAUD)];
  if (input !== 0) parts.push([input, `${enumName(F.term_speeds, input) ?? hexText(input, 0)}<<IBSHIFT`]);
  return [
    ...parts,
    named(F.term_sizes, bits & CSIZE),
    rest(F.term_cflags, (bits & ~(CBAUD | CIBAUD | CSIZE)) >>> 0),
  ];
};
const words: readonly (readonly [string, (bits: number) => Part[], string])[] = [
  ["c_iflag", (b) => [rest(F.term_iflags, b)], "I???"],
  ["c_oflag", outputParts, "O???"],
  ["c_cflag", controlParts, "C???"],
  ["c_lflag", (b) => [rest(F.term_lflags, b)], "L???"],
];

function flagWord(c: Context, parts: readonly Part[], fallback: string): void {
  parts.forEach(([bits, name], i) => {
    if (i > 0) c.sink.word("|");
    if (name === "") return;
    const shifted = name?.endsWith(SHIFTED);
    c.sink.xlat(bits, 0, shifted ? name?.slice(0, -SHIFTED.length) : name, fallback, "hex");
    if (shifted) {
      c.sink.word("<<");
      c.sink.xlat(IBSHIFT, 0, "IBSHIFT", "", "hex");
    }
  });
}

const characters =
  "VINTR VQUIT VERASE VKILL VEOF VTIME VMIN VSWTC VSTART VSTOP VSUSP VEOL VREPRINT VDISCARD VWERASE VLNEXT VEOL2".split(
    " ",
  );

function settings(c: Context, at: number, shape: Shape): void {
  const { sink, memory } = c;
  sink.openStruct();
  words.forEach(([name, parts, fallback], i) => {
    sink.field(name);
    flagWord(c, parts(c.integer(at + i * shape.word, shape.word, false)), fallback);
  });
  if (!c.verbose) {
    sink.item();
    sink.more();
    sink.closeStruct();
    return;
  }
  sink.field("c_line");
  printEnum(c, F.line_disciplines, memory.bytes[at + shape.line]);
  sink.field("c_cc");
  sink.openArray();
  for (let i = 0; i < shape.characters; i++) {
    sink.item();
    sink.word("[");
    if (i < characters.length) sink.xlat(i, 0, characters[i], "", "hex");
    else sink.num(i);
    sink.word("]=");
    sink.hex(memory.bytes[at + shape.line + 1 + i], 0);
  }
  sink.closeArray();
  if (shape.speeds !== undefined) {
    sink.field("c_ispeed");
    sink.num(memory.view.getUint32(at + shape.speeds, true));
    sink.field("c_ospeed");
    sink.num(memory.view.getUint32(at + shape.speeds + 4, true));
  }
  sink.closeStruct();
}

registerValue("terminal_settings", (name) => {
  const shape = shapes[name as keyof typeof shapes];
  return {
    size: () => shape.size,
    value: (c, lo, hi) => c.sink.hex(lo, hi),
    memory: (c, at) => settings(c, at, shape),
  };
});

const termios = special("terminal_settings", 36, "termios");
const termio = special("terminal_settings", 18, "termio");
const termios2 = special("terminal_settings", 44, "termios2");
const window = struct("winsize", { ws_row: ushort, ws_col: ushort, ws_xpixel: ushort, ws_ypixel: ushort });

export const terminal: Readonly<Record<string, Command>> = {
  ...each("TCGETS TIOCGLCKTRMIOS", writes(termios)),
  ...each("TCSETS TCSETSW TCSETSF TIOCSLCKTRMIOS", reads(termios)),
  ...each("TCGETS2", writes(termios2)),
  ...each("TCSETS2 TCSETSW2 TCSETSF2", reads(termios2)),
  TCGETA: writes(termio),
  ...each("TCSETA TCSETAW TCSETAF", reads(termio)),
  TIOCGWINSZ: writes(window),
  TIOCSWINSZ: reads(window),
  ...each("TCSBRK TCSBRKP TIOCSCTTY", value(int)),
  TCXONC: value(oneOf(F.terminal_flow)),
  TCFLSH: value(oneOf(F.terminal_queues)),
  ...each("TIOCGPGRP TIOCGSID FIOGETOWN SIOCGPGRP", writes(int)),
  ...each("TIOCSPGRP FIOSETOWN SIOCSPGRP", reads(int)),
  TIOCMGET: writes(flags(F.modem_lines)),
  ...each("TIOCMBIS TIOCMBIC TIOCMSET", reads(flags(F.modem_lines))),
  TIOCSTI: { kind: "in", type: special("one_character", 1) },
  ...each(
    "FIONREAD TIOCOUTQ TIOCGPTN TIOCGSOFTCAR TIOCGETD TIOCGEXCL TIOCGDEV SIOCATMARK SIOCOUTQNSD SIOCGIFENCAP",
    writes(int),
  ),
  TIOCGDEV: writes({ kind: "uint" }),
  ...each("TIOCSPTLCK FIOASYNC FIONBIO TIOCPKT TIOCSSOFTCAR TIOCSETD SIOCSIFENCAP", reads(int)),
  ...each(
    "TIOCEXCL TIOCNXCL TIOCCONS TIOCNOTTY TIOCSBRK TIOCCBRK TIOCVHANGUP TIOCSSERIAL FIOCLEX FIONCLEX",
    none,
  ),
  TIOCGPTPEER: value(flags(F.open_flags, F.open_modes)),
};

/** Commands of the Linux console and its keyboard (ioctl_console(2)). */
import * as F from "../../../abi/flags.ts";
import { oneOf, signal, special } from "../../../syscalls/types/build.ts";
import { enumName } from "../../flags.ts";
import { pointerWalker, registerValue } from "../../walker.ts";
import { valueWalker } from "../bytes.ts";
import { both, boxed, type Command, each, none, reads, record, value, writes } from "./command.ts";
import { hexBytes } from "./scsi.ts";

const font = record("consolefontdesc", "charcount charheight chardata:addr");

/** As many bytes as the command always takes, in hexadecimal. */
registerValue("console_bytes", (size) =>
  pointerWalker((c, lo, hi) => {
    if (c.failed) c.sink.addr(lo, hi);
    else hexBytes(c, lo, hi, size as number);
  }),
);
const [SCREEN_MAP, FONT, COLOURS] = [256, 8192, 48].map((size) => special("console_bytes", 256, size));

/** Ticks a second of the timer that makes the sound. */
const PIT_TICK_RATE = 1193182;
registerValue("console_sound", () =>
  pointerWalker((c, lo, hi) => {
    const hertz = lo === 0 && hi === 0 ? 0 : Math.floor(PIT_TICK_RATE / (lo + hi * 4294967296));
    c.sink.ulong(lo, hi);
    if (c.options.xlat !== "raw") c.sink.comment(hertz > 0 ? `${hertz} Hz` : "off");
  }),
);
registerValue("console_tone", () =>
  pointerWalker((c, lo) => {
    const [ticks, count] = [lo >>> 16, lo & 0xffff];
    if (ticks > 0) c.sink.word(`${ticks}<<16|`);
    c.sink.num(count);
    if (c.options.xlat === "raw") return;
    const hertz = ticks > 0 && count > 0 ? Math.floor(PIT_TICK_RATE / count) : 0;
    c.sink.comment(hertz > 0 ? `${hertz} Hz, ${ticks} ms` : "off");
  }),
);
registerValue("keyboard_mode", () =>
  valueWalker(4, (c, lo) =>
    c.sink.xlat(lo >>> 0, 0, enumName(F.kd_keyboard_modes, lo), F.kd_keyboard_modes.fallback, "dec"),
  ),
);
/** Flags of the keyboard as they are, and above them those it begins with. */
const keyboardLeds: F.FlagSet = {
  ...F.kd_leds,
  entries: [
    ...F.kd_leds.entries,
    ...F.kd_leds.entries.map(([bit, name]) => [Number(bit) << 4, `${name}<<4`] as const),
  ],
};
const keyboardMode = special("keyboard_mode", 4);

export const console: Readonly<Record<string, Command>> = {
  ...each("KDENABIO KDDISABIO KDMAPDISP KDUNMAPDISP PIO_FONTRESET", none),
  KDGKBTYPE: writes(boxed(special("byte_name", 1, F.kd_keyboards))),
  KDGETLED: writes(boxed(special("byte_flags", 1, F.kd_leds))),
  KDSETLED: value(special("byte_flags", 1, F.kd_leds)),
  KDGKBLED: writes(boxed(special("byte_flags", 1, keyboardLeds))),
  KDSKBLED: value(special("byte_flags", 1, keyboardLeds)),
  PIO_SCRNMAP: { kind: "in", type: SCREEN_MAP },
  GIO_SCRNMAP: { kind: "out", type: SCREEN_MAP },
  PIO_FONT: { kind: "in", type: FONT },
  GIO_FONT: { kind: "out", type: FONT },
  PIO_CMAP: { kind: "in", type: COLOURS },
  GIO_CMAP: { kind: "out", type: COLOURS },
  KIOCSOUND: value(special("console_sound")),
  KDMKTONE: value(special("console_tone")),
  KDGKBMODE: writes(boxed(keyboardMode)),
  KDSKBMODE: value(keyboardMode),
  KDSETMODE: value(oneOf(F.kd_modes)),
  KDGETMODE: writes(oneOf(F.kd_modes)),
  KDGKBMETA: writes(oneOf(F.kd_meta_modes)),
  KDSKBMETA: value(oneOf(F.kd_meta_modes)),
  KDSIGACCEPT: value(signal),
  KDSETKEYCODE: reads(record("kbkeycode", "scancode:hex keycode:hex")),
  KDKBDREP: both(record("kbd_repeat", "delay period")),
  GIO_FONTX: both(font),
  PIO_FONTX: reads(font),
  PIO_UNIMAP: reads(record("unimapdesc", "entry_ct entries:addr")),
  PIO_UNIMAPCLR: reads(record("unimapinit", "advised_hashsize advised_hashstep advised_hashlevel")),
};

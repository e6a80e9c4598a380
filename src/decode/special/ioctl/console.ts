/** Commands of the Linux console and its keyboard (ioctl_console(2)), and of input devices. */
import * as F from "../../../abi/flags.ts";
import { oneOf, signal, special } from "../../../syscalls/types/build.ts";
import { both, boxed, type Command, each, none, reads, record, value, writes } from "./command.ts";

const font = record("consolefontdesc", "charcount charheight chardata:addr");

export const console: Readonly<Record<string, Command>> = {
  ...each("KDENABIO KDDISABIO KDMAPDISP KDUNMAPDISP PIO_FONTRESET", none),
  KDGKBTYPE: writes(boxed(special("byte_name", 1, F.kd_keyboards))),
  KDGETLED: writes(boxed(special("byte_flags", 1, F.kd_leds))),
  KDSETLED: value(special("byte_flags", 1, F.kd_leds)),
  KDGKBLED: writes(boxed(special("byte_flags", 1, F.kd_leds))),
  KDSKBLED: value(special("byte_flags", 1, F.kd_leds)),
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

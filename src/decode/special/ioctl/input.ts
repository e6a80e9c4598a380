/** Commands of input devices (linux/input.h). */
import type { FlagSet } from "../../../abi/flags.ts";
import * as F from "../../../abi/flags.ts";
import { inline, int, oneOf, special, uint } from "../../../syscalls/types/build.ts";
import type { Context } from "../../context.ts";
import { printEnum } from "../../flags.ts";
import { addHi, addLo, printArray } from "../../pointers.ts";
import { scalarWalker } from "../../scalars.ts";
import { pointerWalker, registerValue } from "../../walker.ts";
import { readable } from "../bytes.ts";
import { type Command, each, reads, record, value, writes } from "./command.ts";
import { direction, number as numberOf, size as sizeIn } from "./names.ts";
import { body, fields, number, own, type Part, verbose, when } from "./parts.ts";

const MORE_THAN = 3;

interface Bits {
  readonly set: FlagSet;
  /** The highest number there is. */
  readonly last: number;
}

/** Prints which numbers are members, as far as the call's result says that there are bytes. */
registerValue("input_bits", (data) => {
  const { set, last } = data as Bits;
  return pointerWalker((c, lo, hi) => {
    const bits = c.call.error || c.ret < 0 ? 0 : c.ret > Math.floor(last / 8) ? last : c.ret * 8;
    const word = c.wordSize;
    const size = Math.ceil(Math.ceil(bits / 8) / word) * word;
    const at = size === 0 ? -1 : readable(c, lo, hi, size);
    if (at < 0) c.sink.addr(lo, hi);
    else printBits(c, set, at, bits, size);
  });
});

function printBits(c: Context, set: FlagSet, at: number, bits: number, size: number): void {
  const { sink, memory, options } = c;
  if (options.xlat !== "raw") {
    sink.word("[");
    let shown = 0;
    for (let i = 0; i < bits; i++) {
      if (!(memory.bytes[at + (i >> 3)] & (1 << (i & 7)))) continue;
      if (shown > 0) sink.word(" ");
      if (!c.verbose && shown > MORE_THAN) {
        sink.more();
        break;
      }
      printEnum(c, set, i);
      shown++;
    }
    sink.word("]");
  }
  if (options.xlat === "verbose") sink.word(" /* ");
  if (options.xlat !== "abbrev") {
    const words: string[] = [];
    for (let i = 0; i < size; i += c.wordSize) {
      const word =
        c.wordSize === 8
          ? memory.view.getBigUint64(at + i, true)
          : BigInt(memory.view.getUint32(at + i, true));
      words.push(word === 0n ? "0" : `0x${word.toString(16)}`);
    }
    const limit = c.verbose ? words.length : options.stringLimit;
    const list = words.slice(0, limit).concat(limit < words.length ? ["..."] : []);
    sink.word(`[${list.join(", ")}]`);
  }
  if (options.xlat === "verbose") sink.word(" */");
}
const bits = (set: FlagSet, last: number): Command => ({
  kind: "out",
  type: special("input_bits", undefined, { set, last } satisfies Bits),
});

const ORIGINAL = 20;
/** struct input_absinfo, whose last field was added later: the command's number says how much there is. */
registerValue("input_axis", () =>
  pointerWalker((c, lo, hi) => {
    const size = sizeIn(c.argLo(1));
    const at = size < ORIGINAL ? -1 : readable(c, lo, hi, Math.min(size, 24));
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const { view } = c.memory;
    c.sink.openStruct();
    const names = ["value", "minimum", "maximum", "fuzz", "flat", "resolution"];
    const count = !c.verbose ? 2 : size >= 24 ? 6 : 5;
    for (const [i, name] of names.slice(0, count).entries()) {
      c.sink.field(name);
      c.sink.num(view.getUint32(at + 4 * i, true));
    }
    if (!c.verbose || (size > ORIGINAL && size !== 24)) {
      c.sink.item();
      c.sink.more();
    }
    c.sink.closeStruct();
  }),
);
const axis = special("input_axis", 24);

/** A number of a key, in brackets with its scan code. */
registerValue("input_key", () => ({
  size: () => 8,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openArray();
    c.sink.item();
    c.sink.num(c.memory.view.getUint32(at, true));
    c.sink.item();
    printEnum(c, F.input_keys, c.memory.view.getUint32(at + 4, true));
    c.sink.closeArray();
  },
}));
const key = special("input_key");
const keymap = body(
  "input_keymap_entry",
  fields("input_keymap_entry", "flags len"),
  verbose(fields("input_keymap_entry", "index keycode:code scancode:hex", { code: oneOf(F.input_keys) })),
);

/** What slots of a multi-touch device hold: which value, and one number for each slot. */
registerValue("input_slots", () =>
  pointerWalker((c, lo, hi) => {
    const count = Math.floor(sizeIn(c.argLo(1)) / 4);
    const at = count === 0 ? -1 : readable(c, lo, hi, 4);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    c.sink.field("code");
    printEnum(c, F.input_slots, c.memory.view.getUint32(at, true));
    c.sink.field("values");
    printArray(c, scalarWalker("int"), addLo(lo, 4), addHi(lo, hi, 4), count - 1);
    c.sink.closeStruct();
  }),
);

const envelope = record("ff_envelope", "attack_length attack_level fade_length fade_level:hex");
const effect = "ff_effect";
const details: readonly (readonly [type: number, name: string, Part])[] = [
  [0x52, "constant", fields("ff_constant_effect", "level envelope:envelope", { envelope })],
  [0x57, "ramp", fields("ff_ramp_effect", "start_level end_level envelope:envelope", { envelope })],
  [
    0x51,
    "periodic",
    fields(
      "ff_periodic_effect",
      "waveform period magnitude offset phase envelope:envelope custom_len custom_data:addr",
      { envelope },
    ),
  ],
  [0x50, "rumble", fields("ff_rumble_effect", "strong_magnitude weak_magnitude")],
];
const feedback = body(
  effect,
  fields(effect, "type:type id direction", { type: oneOf(F.input_effects) }),
  verbose(
    fields(effect, "trigger:trigger replay:replay", {
      trigger: record("ff_trigger", "button interval"),
      replay: record("ff_replay", "length delay"),
    }),
    ...details.map(([type, name, part]) =>
      when(
        (c, at) => number(effect, "type")(c, at) === type,
        own(
          effect,
          "u",
          (c, at) => {
            c.sink.openStruct();
            part(c, at);
            c.sink.closeStruct();
          },
          name,
        ),
      ),
    ),
  ),
);

export const input: Readonly<Record<string, Command>> = {
  EVIOCGVERSION: writes({ kind: "hex32" }),
  EVIOCGEFFECTS: writes(uint),
  EVIOCGID: writes(record("input_id", "bustype vendor product version")),
  EVIOCGREP: writes(inline(uint, 2)),
  EVIOCSREP: reads(inline(uint, 2)),
  EVIOCRMFF: value(int),
  ...each("EVIOCGRAB EVIOCREVOKE", value({ kind: "ulong" })),
  EVIOCSCLOCKID: reads(uint),
  EVIOCGKEYCODE: writes(key),
  EVIOCSKEYCODE: reads(key),
  EVIOCGKEYCODE_V2: writes(keymap),
  EVIOCSKEYCODE_V2: reads(keymap),
  EVIOCSFF: reads(feedback),
};

const READ = 2;
const WRITE = 1;
/** By the kind of event they are about: EVIOCGBIT's sets. */
const events: Readonly<Record<number, Command>> = {
  0: bits(F.input_events, 0x1f),
  1: bits(F.input_keys, 0x2ff),
  2: bits(F.input_relative, 0xf),
  3: bits(F.input_absolute, 0x3f),
  4: bits(F.input_misc, 7),
  5: bits(F.input_switches, 0x10),
  17: bits(F.input_leds, 0xf),
  18: bits(F.input_sounds, 7),
  20: bits(F.input_repeats, 1),
  21: bits(F.input_effects, 0x7f),
  22: writes(int),
  23: bits(F.input_effect_states, 1),
};
/** The commands that hold a length, by number. */
const sized: Readonly<Record<number, Command>> = {
  9: bits(F.input_properties, 0x1f),
  10: { kind: "out", type: special("input_slots", 4) },
  24: events[1],
  25: events[17],
  26: events[18],
  27: events[5],
};
const address: Command = { kind: "in", type: { kind: "addr" } };
const addressLater: Command = { kind: "out", type: { kind: "addr" } };

/** A command of an input device whose number or length is an argument of its macro. */
export function inputCommand(cmd: number): Command | undefined {
  const n = numberOf(cmd);
  if (direction(cmd) === WRITE) return n >= 0xc0 && n <= 0xff ? { kind: "in", type: axis } : address;
  if (direction(cmd) !== READ) return undefined;
  if (sized[n]) return sized[n];
  if (n >= 0x40 && n <= 0x7f) return { kind: "out", type: axis };
  if (n >= 0x20 && n <= 0x3f) return events[n - 0x20] ?? addressLater;
  return addressLater;
}

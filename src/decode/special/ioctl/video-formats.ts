/** What struct v4l2_format and its neighbours hold (linux/videodev2.h). */
import type { FlagSet } from "../../../abi/flags.ts";
import * as F from "../../../abi/flags.ts";
import { flags, oneOf, special } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { enumName } from "../../flags.ts";
import { printArray } from "../../pointers.ts";
import { registerValue } from "../../walker.ts";
import { record } from "./command.ts";
import { body, fields, number, offsetOf, own, type Part, sizeOf, upTo, when } from "./parts.ts";

/** Quoted as C quotes a character. */
function quoted(byte: number): string {
  const char = String.fromCharCode(byte);
  if (char === "'" || char === "\\") return `'\\${char}'`;
  return byte >= 0x20 && byte < 0x7f ? `'${char}'` : `'\\x${byte.toString(16).padStart(2, "0")}'`;
}

/** Four characters that name a format. */
registerValue("fourcc", (set) => ({
  size: () => 4,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const code = c.memory.view.getUint32(at, true);
    if (c.options.xlat === "raw") {
      c.sink.hex(code, 0);
      return;
    }
    c.sink.word(`v4l2_fourcc(${[0, 1, 2, 3].map((i) => quoted(c.memory.bytes[at + i])).join(", ")})`);
    const name = enumName(set as FlagSet, code);
    if (name) c.sink.comment(name);
  },
}));
registerValue("fraction", () => ({
  size: () => 8,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory: (c, at) =>
    c.sink.word(`${c.memory.view.getUint32(at, true)}/${c.memory.view.getUint32(at + 4, true)}`),
}));

export const rectangle = record("v4l2_rect", "left top width height");
export const types: Readonly<Record<string, Type>> = {
  type: oneOf(F.v4l2_buffer_types),
  memory: oneOf(F.v4l2_memories),
  field: oneOf(F.v4l2_fields),
  colorspace: oneOf(F.v4l2_colorspaces),
  pixels: special("fourcc", 4, F.v4l2_pixel_formats),
  fraction: special("fraction", 8),
  rectangle,
};

const planes = record("v4l2_plane_pix_format", "sizeimage bytesperline");
const clip = body("v4l2_clip", fields("v4l2_clip", "c:rectangle", types));

/** Two lists of 24 numbers each. */
registerValue("vbi_lines", () => ({
  size: () => 96,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openArray();
    for (const half of [0, 24]) {
      c.sink.item();
      c.sink.openArray();
      for (let i = 0; i < 24; i++) {
        c.sink.item();
        c.sink.hex(c.memory.view.getUint16(at + 2 * (half + i), true), 0);
      }
      c.sink.closeArray();
    }
    c.sink.closeArray();
  },
}));

const clips: Part = (c, at) => {
  c.wordAt(at + offsetOf(c, "v4l2_window", "clips"));
  const { wordLo, wordHi } = c;
  const count = number("v4l2_window", "clipcount")(c, at);
  c.sink.field("clips");
  if (wordLo === 0 && wordHi === 0) c.sink.addr(0, 0);
  else printArray(c, compile(clip), wordLo, wordHi, count);
};

const pix = body(
  "v4l2_pix_format",
  fields(
    "v4l2_pix_format",
    "width height pixelformat:pixels field:field bytesperline sizeimage colorspace:colorspace",
    types,
  ),
);
const mplane = "v4l2_pix_format_mplane";
const pixMany = body(
  mplane,
  fields(mplane, "width height pixelformat:pixels field:field colorspace:colorspace", types),
  upTo(mplane, "plane_fmt", planes, number(mplane, "num_planes")),
  fields(mplane, "num_planes"),
);
const win = body(
  "v4l2_window",
  fields("v4l2_window", "w:rectangle field:field chromakey:hex", types),
  clips,
  fields("v4l2_window", "clipcount bitmap:addr global_alpha?:hex"),
);
const vbi = body(
  "v4l2_vbi_format",
  fields(
    "v4l2_vbi_format",
    "sampling_rate offset samples_per_line sample_format:pixels start count flags:flags",
    { ...types, flags: flags(F.v4l2_vbi_flags) },
  ),
);
const sliced = body(
  "v4l2_sliced_vbi_format",
  fields("v4l2_sliced_vbi_format", "service_set:set service_lines:lines io_size", {
    set: flags(F.v4l2_sliced),
    lines: special("vbi_lines", 96),
  }),
);
const sdr = body(
  "v4l2_sdr_format",
  fields("v4l2_sdr_format", "pixelformat:format buffersize?", {
    format: special("fourcc", 4, F.v4l2_radio_formats),
  }),
);
const meta = body(
  "v4l2_meta_format",
  fields("v4l2_meta_format", "dataformat:format buffersize", {
    format: special("fourcc", 4, F.v4l2_meta_formats),
  }),
);

/** Members of the union by the type of buffer. */
const byType = new Map<number, readonly [name: string, Type]>([
  ...[1, 2].map((t) => [t, ["pix", pix]] as const),
  ...[9, 10].map((t) => [t, ["pix_mp", pixMany]] as const),
  ...[3, 8].map((t) => [t, ["win", win]] as const),
  ...[4, 5].map((t) => [t, ["vbi", vbi]] as const),
  ...[6, 7].map((t) => [t, ["sliced", sliced]] as const),
  ...[11, 12].map((t) => [t, ["sdr", sdr]] as const),
  ...[13, 14].map((t) => [t, ["meta", meta]] as const),
]);

export const formatType = number("v4l2_format", "type");
/** Whether the type of buffer has a format that can be shown. */
export const hasFormat = (c: Context, at: number): boolean => byType.has(formatType(c, at));
/** Prints `fmt.pix={…}`. */
export const format: Part = when(hasFormat, (c, at) => {
  const [name, type] = byType.get(formatType(c, at))!;
  own("v4l2_format", "fmt", (k, here) => compile(type).memory(k, here), `fmt.${name}`)(c, at);
});
/** Whether nothing of a format is left out; a window's clips may not be there to be read. */
export function complete(c: Context, at: number): boolean {
  if (byType.get(formatType(c, at))?.[0] !== "win") return true;
  const window = at + offsetOf(c, "v4l2_format", "fmt");
  c.wordAt(window + offsetOf(c, "v4l2_window", "clips"));
  const count = number("v4l2_window", "clipcount")(c, window);
  const bytes = Math.min(count, c.verbose ? count : c.options.stringLimit) * sizeOf(c, "v4l2_clip");
  return count > 0 && (c.wordLo !== 0 || c.wordHi !== 0) && c.memory.readAll(c.wordLo, c.wordHi, bytes) >= 0;
}
/** struct v4l2_format as a field of another struct. */
export const whole = body("v4l2_format", fields("v4l2_format", "type:type", types), format);

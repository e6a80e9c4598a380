/** Commands of video devices (linux/videodev2.h). */
import * as F from "../../../abi/flags.ts";
import { flags, oneOf, special, uint } from "../../../syscalls/types/build.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { enumName, flagNames, printEnum, printFlags } from "../../flags.ts";
import { printArray, printBytes } from "../../pointers.ts";
import { registerValue } from "../../walker.ts";
import { boxed, type Command, each, reads, record, writes } from "./command.ts";
import {
  argument,
  body,
  fields,
  filled,
  number,
  offsetOf,
  own,
  type Part,
  sizeOf,
  staged,
  upTo,
  verbose,
  when,
} from "./parts.ts";
import { complete, format, formatType, hasFormat, types, whole } from "./video-formats.ts";

/** What a command reads is shown as it was and as it is now, `{…} => {…}`; what it only writes is added, `{…, …}`. */
type Getting = boolean;

registerValue("kernel_version", () => ({
  size: () => 4,
  value: (c, lo) => print(c, lo),
  memory: (c, at) => print(c, c.memory.view.getUint32(at, true)),
}));
function print(c: Context, version: number): void {
  const text = `KERNEL_VERSION(${version >>> 16}, ${(version >>> 8) & 0xff}, ${version & 0xff})`;
  c.sink.xlat(version >>> 0, 0, text, "", "hex");
}

const capability = record(
  "v4l2_capability",
  "driver:text card:text bus_info:text version:version capabilities:flags device_caps?:flags",
  { version: special("kernel_version", 4), flags: flags(F.v4l2_capabilities) },
);

const description = filled(
  "v4l2_fmtdesc",
  [fields("v4l2_fmtdesc", "index type:type", types)],
  [
    fields("v4l2_fmtdesc", "flags:flags description:text pixelformat:pixels", {
      ...types,
      flags: flags(F.v4l2_format_flags),
    }),
  ],
);

const closed = (c: Context): true => {
  c.sink.closeStruct();
  return true;
};
/** Goes on with the struct, or begins it anew after what it has become. */
function again(c: Context, getting: Getting): void {
  c.sink.comma?.(true);
  if (getting) return;
  c.sink.closeStruct();
  c.sink.becomes();
  c.sink.openStruct();
}

const formatCommand = (getting: Getting): Command =>
  staged(
    "v4l2_format",
    (c, at) => {
      c.sink.openStruct();
      fields("v4l2_format", "type:type", types)(c, at);
      if (getting) return false;
      if (!hasFormat(c, at)) return closed(c);
      format(c, at);
      // printing moved what is in memory
      return complete(c, argument(c, sizeOf(c, "v4l2_format"))) ? false : closed(c);
    },
    (c, at) => {
      c.sink.comma?.(true);
      if (at >= 0 && byKnown(c, at)) {
        again(c, getting);
        format(c, at);
      }
      c.sink.closeStruct();
    },
  );
const byKnown = (c: Context, at: number): boolean => formatType(c, at) > 0 && hasFormat(c, at);

const requests = staged(
  "v4l2_requestbuffers",
  (c, at) => {
    c.sink.openStruct();
    fields("v4l2_requestbuffers", "type:type memory:memory count", types)(c, at);
    return false;
  },
  (c, at) => {
    if (at >= 0) {
      c.sink.becomes();
      c.sink.num(number("v4l2_requestbuffers", "count")(c, at));
    }
    c.sink.closeStruct();
  },
);

const TIMESTAMP_MASK = 0xe000;
const SOURCE_MASK = 0x70000;
registerValue("v4l2_buffer_flags", () => ({
  size: () => 4,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const value = c.memory.view.getUint32(at, true);
    if (c.options.xlat === "raw") {
      c.sink.hex(value, 0);
      return;
    }
    const rest = (value & ~(TIMESTAMP_MASK | SOURCE_MASK)) >>> 0;
    if (rest !== 0) {
      printFlags(c, F.v4l2_buffer_flags, rest);
      c.sink.word("|");
    }
    printEnum(c, F.v4l2_clocks, value & TIMESTAMP_MASK);
    c.sink.word("|");
    printEnum(c, F.v4l2_sources, value & SOURCE_MASK);
  },
}));
const buffer = "v4l2_buffer";
const memoryIs = (wanted: number) => (c: Context, at: number) => number(buffer, "memory")(c, at) === wanted;
const time = record("timeval", "tv_sec tv_usec:ulong");
const bufferCommand = (dequeues: boolean): Command =>
  filled(
    buffer,
    [fields(buffer, dequeues ? "type:type" : "type:type index", types)],
    [
      ...(dequeues ? [fields(buffer, "index")] : []),
      fields(buffer, "memory:memory", types),
      when(
        memoryIs(1),
        own(buffer, "m", (c, at) => c.sink.hex(c.memory.view.getUint32(at, true), 0), "m.offset"),
      ),
      when(
        memoryIs(2),
        own(
          buffer,
          "m",
          (c, at) => {
            c.wordAt(at);
            c.sink.addr(c.wordLo, c.wordHi);
          },
          "m.userptr",
        ),
      ),
      fields(buffer, "length bytesused flags:flags", { flags: special("v4l2_buffer_flags", 4) }),
      ...(dequeues ? [own(buffer, "timestamp", (c, at) => compile(time).memory(c, at))] : []),
      (c) => {
        c.sink.item();
        c.sink.more();
      },
    ],
  );

const framebuffer = record("v4l2_framebuffer", "capability:hex flags:hex base:addr");

const streaming = { ...types, capability: flags(F.v4l2_streaming), mode: flags(F.v4l2_modes) };
const capture = body(
  "v4l2_captureparm",
  fields(
    "v4l2_captureparm",
    "capability:capability capturemode:mode timeperframe:fraction extendedmode:hex readbuffers",
    streaming,
  ),
);
const output = body(
  "v4l2_outputparm",
  fields(
    "v4l2_outputparm",
    "capability:capability outputmode:mode timeperframe:fraction extendedmode:hex writebuffers",
    streaming,
  ),
);
const streamType = number("v4l2_streamparm", "type");
const parameters: Part = (c, at) => {
  const [name, type] =
    streamType(c, at) === 1 ? (["capture", capture] as const) : (["output", output] as const);
  own("v4l2_streamparm", "parm", (k, here) => compile(type).memory(k, here), `parm.${name}`)(c, at);
};
const streamCommand = (getting: Getting): Command =>
  staged(
    "v4l2_streamparm",
    (c, at) => {
      c.sink.openStruct();
      fields("v4l2_streamparm", "type:type", types)(c, at);
      const type = streamType(c, at);
      if (type !== 1 && type !== 2) return closed(c);
      if (!getting) parameters(c, at);
      return false;
    },
    (c, at) => {
      if (at >= 0) {
        again(c, getting);
        parameters(c, at);
      }
      c.sink.closeStruct();
    },
  );

/** Prints the number of a control by name, or by its distance from its class. */
function control(c: Context, id: number, next: boolean): void {
  if (c.options.xlat === "raw") {
    c.sink.hex(id, 0);
    return;
  }
  let rest = id;
  const asked = next ? (id & 0xc0000000) >>> 0 : 0;
  if (asked !== 0) {
    c.sink.xlat(asked, 0, flagNames(F.v4l2_next_flags, asked), F.v4l2_next_flags.fallback, "hex");
    c.sink.word("|");
    rest = (id & ~asked) >>> 0;
  }
  const name = enumName(F.v4l2_controls, rest);
  if (name) {
    c.sink.xlat(rest, 0, name, "", "hex");
    return;
  }
  const last = F.v4l2_control_classes.entries.filter(([v]) => Number(v) <= rest).at(-1);
  const distance = last ? rest - Number(last[0]) : 0x10000;
  const text =
    last && distance < 0x10000
      ? `${last[1]}+${distance === 0 ? "0" : `0x${distance.toString(16)}`}`
      : undefined;
  c.sink.xlat(rest, 0, text, "V4L2_CID_???", "hex");
}
const idOf = (struct: string, next: boolean): Part =>
  own(struct, "id", (c, at) => control(c, c.memory.view.getUint32(at, true), next));

const controlCommand = (getting: Getting): Command =>
  staged(
    "v4l2_control",
    (c, at) => {
      c.sink.openStruct();
      idOf("v4l2_control", false)(c, at);
      if (!getting) fields("v4l2_control", "value")(c, at);
      return false;
    },
    (c, at) => {
      c.sink.comma?.(true);
      if (at >= 0 && getting) fields("v4l2_control", "value")(c, at);
      else if (at >= 0) {
        c.sink.becomes();
        c.sink.num(number("v4l2_control", "value")(c, at));
      }
      c.sink.closeStruct();
    },
  );

const tuner = fields(
  "v4l2_tuner",
  "name:text type:type capability:capability rangelow rangehigh rxsubchans:channels audmode:mode signal afc",
  {
    type: oneOf(F.v4l2_tuner_types),
    capability: flags(F.v4l2_tuner_capabilities),
    channels: flags(F.v4l2_tuner_channels),
    mode: oneOf(F.v4l2_tuner_modes),
  },
);
const tunerCommand = (getting: Getting): Command =>
  staged(
    "v4l2_tuner",
    (c, at) => {
      c.sink.openStruct();
      fields("v4l2_tuner", "index")(c, at);
      if (!getting) tuner(c, at);
      return false;
    },
    (c, at) => {
      if (at >= 0) {
        again(c, getting);
        tuner(c, at);
      }
      c.sink.closeStruct();
    },
  );

const query = { type: oneOf(F.v4l2_control_types), flags: flags(F.v4l2_control_flags) };
/** Commands that say what a control is: the id asked for, and the one that was found. */
const queryCommand = (struct: string, more: readonly Part[]): Command =>
  staged(
    struct,
    (c, at) => {
      const id = number(struct, "id")(c, at);
      c.call.saved.push(id);
      c.sink.openStruct();
      idOf(struct, true)(c, at);
      return false;
    },
    (c, at) => {
      if (at >= 0) {
        const id = number(struct, "id")(c, at);
        if (id !== c.call.saved[0]) {
          c.sink.becomes();
          control(c, id, false);
        }
        c.sink.comma?.(true);
        fields(struct, "type:type name:text", query)(c, at);
        verbose(...more)(c, at);
      }
      c.sink.closeStruct();
    },
  );

const extended = "v4l2_ext_control";
const extendedControl = body(
  extended,
  own(extended, "id", (c, at) => printEnum(c, F.v4l2_controls, c.memory.view.getUint32(at, true))),
  fields(extended, "size"),
  (c, at) => {
    const size = number(extended, "size")(c, at);
    if (size > 0) {
      own(
        extended,
        "string",
        (k, here) => {
          k.wordAt(here);
          printBytes(k, k.wordLo, k.wordHi, size);
        },
        "string",
      )(c, at);
    } else fields(extended, "value value64")(c, at);
  },
);
const list = "v4l2_ext_controls";
const controls: Part = (c, at) => {
  c.wordAt(at + offsetOf(c, list, "controls"));
  const { wordLo, wordHi } = c;
  const count = number(list, "count")(c, at);
  c.sink.field("controls");
  const { failed } = c;
  // they are shown even if the call failed: which one was wrong is said after them
  c.failed = false;
  if (wordLo === 0 && wordHi === 0) c.sink.addr(0, 0);
  else printArray(c, compile(extendedControl), wordLo, wordHi, count);
  c.failed = failed;
};
const extendedCommand = (getting: Getting): Command => ({
  kind: "own",
  enter(c) {
    c.sink.arg("argp");
    const at = argument(c, sizeOf(c, list));
    if (at < 0) {
      c.sink.addr(c.argLo(2), c.argHi(2));
      return true;
    }
    const count = number(list, "count")(c, at);
    c.sink.openStruct();
    fields(list, "ctrl_class:class count", { class: oneOf(F.v4l2_control_classes) })(c, at);
    if (count === 0) return closed(c);
    if (getting) return false;
    c.wordAt(at + offsetOf(c, list, "controls"));
    const readable = c.memory.readAll(c.wordLo, c.wordHi, sizeOf(c, extended)) >= 0;
    const again = argument(c, sizeOf(c, list));
    controls(c, again);
    return readable ? false : closed(c);
  },
  exit(c) {
    c.failed = false;
    const at = argument(c, sizeOf(c, list));
    if (at >= 0) {
      again(c, getting);
      const index = number(list, "error_idx")(c, at);
      controls(c, at);
      if (c.call.error) {
        c.sink.field("error_idx");
        c.sink.num(index);
      }
    }
    c.sink.closeStruct();
  },
});

const size = "v4l2_frmsizeenum";
const interval = "v4l2_frmivalenum";
const typeIs =
  (struct: string, ...wanted: readonly number[]) =>
  (c: Context, at: number) =>
    wanted.includes(number(struct, "type")(c, at));
const stepwise = record("v4l2_frmival_stepwise", "min:fraction max:fraction step:fraction", types);

/** Which buffers there are now, and how many. */
export function created(c: Context): void {
  const at = c.call.error ? -1 : argument(c, sizeOf(c, "v4l2_create_buffers"));
  if (at < 0) return;
  const [index, count] = ["index", "count"].map((name) => number("v4l2_create_buffers", name)(c, at));
  c.sink.word(`{index=${index}, count=${count}}`);
}

export const video: Readonly<Record<string, Command>> = {
  VIDIOC_QUERYCAP: writes(capability),
  VIDIOC_ENUM_FMT: description,
  VIDIOC_G_FMT: formatCommand(true),
  ...each("VIDIOC_S_FMT VIDIOC_TRY_FMT", formatCommand(false)),
  VIDIOC_REQBUFS: requests,
  ...each("VIDIOC_QUERYBUF VIDIOC_QBUF", bufferCommand(false)),
  VIDIOC_DQBUF: bufferCommand(true),
  VIDIOC_G_FBUF: writes(framebuffer),
  VIDIOC_S_FBUF: reads(framebuffer),
  ...each("VIDIOC_STREAMON VIDIOC_STREAMOFF", reads(boxed(oneOf(F.v4l2_buffer_types)))),
  VIDIOC_G_PARM: streamCommand(true),
  VIDIOC_S_PARM: streamCommand(false),
  VIDIOC_G_STD: writes(boxed(special("hex64"))),
  VIDIOC_S_STD: reads(boxed(special("hex64"))),
  VIDIOC_ENUMSTD: filled(
    "v4l2_standard",
    [fields("v4l2_standard", "index")],
    [fields("v4l2_standard", "name:text frameperiod:fraction framelines", types)],
  ),
  VIDIOC_ENUMINPUT: filled(
    "v4l2_input",
    [fields("v4l2_input", "index")],
    [fields("v4l2_input", "name:text type:type", { type: oneOf(F.v4l2_input_types) })],
  ),
  VIDIOC_G_CTRL: controlCommand(true),
  VIDIOC_S_CTRL: controlCommand(false),
  VIDIOC_G_TUNER: tunerCommand(true),
  VIDIOC_S_TUNER: tunerCommand(false),
  VIDIOC_QUERYCTRL: queryCommand("v4l2_queryctrl", [
    fields("v4l2_queryctrl", "minimum maximum step default_value flags:flags reserved?:hex", query),
  ]),
  VIDIOC_QUERY_EXT_CTRL: queryCommand("v4l2_query_ext_ctrl", [
    fields(
      "v4l2_query_ext_ctrl",
      "minimum maximum step default_value flags:flags elem_size elems nr_of_dims",
      query,
    ),
    upTo("v4l2_query_ext_ctrl", "dims", uint, number("v4l2_query_ext_ctrl", "nr_of_dims")),
    fields("v4l2_query_ext_ctrl", "reserved?:hex"),
  ]),
  VIDIOC_G_INPUT: writes(uint),
  VIDIOC_S_INPUT: reads(uint),
  VIDIOC_CROPCAP: filled(
    "v4l2_cropcap",
    [fields("v4l2_cropcap", "type:type", types)],
    [fields("v4l2_cropcap", "bounds:rectangle defrect:rectangle pixelaspect:fraction", types)],
  ),
  VIDIOC_G_CROP: filled(
    "v4l2_crop",
    [fields("v4l2_crop", "type:type", types)],
    [fields("v4l2_crop", "c:rectangle", types)],
  ),
  VIDIOC_S_CROP: reads(body("v4l2_crop", fields("v4l2_crop", "type:type c:rectangle", types))),
  VIDIOC_G_EXT_CTRLS: extendedCommand(true),
  ...each("VIDIOC_S_EXT_CTRLS VIDIOC_TRY_EXT_CTRLS", extendedCommand(false)),
  VIDIOC_ENUM_FRAMESIZES: filled(
    size,
    [fields(size, "index pixel_format:pixels", types)],
    [
      fields(size, "type:type", { type: oneOf(F.v4l2_size_types) }),
      when(
        typeIs(size, 1),
        fields(size, "discrete:discrete", { discrete: record("v4l2_frmsize_discrete", "width height") }),
      ),
      when(
        typeIs(size, 3),
        fields(size, "stepwise:stepwise", {
          stepwise: record(
            "v4l2_frmsize_stepwise",
            "min_width max_width step_width min_height max_height step_height",
          ),
        }),
      ),
    ],
  ),
  VIDIOC_ENUM_FRAMEINTERVALS: filled(
    interval,
    [fields(interval, "index pixel_format:pixels width height", types)],
    [
      fields(interval, "type:type", { type: oneOf(F.v4l2_interval_types) }),
      when(typeIs(interval, 1), fields(interval, "discrete:fraction", types)),
      when(typeIs(interval, 2, 3), fields(interval, "stepwise:stepwise", { stepwise })),
    ],
  ),
  VIDIOC_CREATE_BUFS: reads(
    body(
      "v4l2_create_buffers",
      fields("v4l2_create_buffers", "count memory:memory format:format", { ...types, format: whole }),
    ),
  ),
};

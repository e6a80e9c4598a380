/** Commands of the device mapper (linux/dm-ioctl.h): a header, and behind it what the command needs. */
import * as F from "../../../abi/flags.ts";
import { flags } from "../../../syscalls/types/build.ts";
import type { Context } from "../../context.ts";
import { addHi, addLo, printArray } from "../../pointers.ts";
import { scalarWalker } from "../../scalars.ts";
import type { Command } from "./command.ts";
import { fields, number, offsetOf, type Part, sizeOf } from "./parts.ts";

const dm = "dm_ioctl";
const of = (name: string) => number(dm, name);
const major = 4;
const DM_SUSPEND_FLAG = 2;
const DM_DATA_OUT_FLAG = 0x10000;

/** Reads behind the header, `offset` bytes from its start. */
function behind(c: Context, offset: number, size: number): number {
  return c.memory.readAll(addLo(c.argLo(2), offset), addHi(c.argLo(2), c.argHi(2), offset), size);
}
function textBehind(c: Context, name: string, offset: number, room: number): void {
  c.sink.field(name);
  const [lo, hi] = [addLo(c.argLo(2), offset), addHi(c.argLo(2), c.argHi(2), offset)];
  // no more than the room there is, even if it has no end
  const limit = c.options.stringLimit;
  const at = room <= 0 ? -1 : c.memory.readString(lo, hi, Math.min(limit + 1, room));
  if (room <= 0) c.sink.str(c.memory.bytes, 0, 0, false);
  else if (at < 0) c.sink.addr(lo, hi);
  else {
    const { got, terminated } = c.memory;
    c.sink.str(c.memory.bytes, at, Math.min(got, limit), got > limit || !terminated);
  }
}

/** What the header says of what follows it. */
interface Header {
  readonly start: number;
  readonly size: number;
  readonly targets: number;
  readonly minor: number;
}

function misplaced(c: Context, what: string): void {
  c.sink.word("???");
  c.sink.comment(`misplaced ${what}`);
}

/**
 * Prints records one behind the other as long as `print` says how far away the next is; 0 ends the list.
 * One that is not behind the last, or not inside the data, is misplaced.
 */
function chain(
  c: Context,
  h: Header,
  what: string,
  size: number,
  last: number,
  print: (at: number, offset: number, index: number) => number,
): void {
  let offset = h.start;
  let end = 0;
  for (let i = 0; i < last; i++) {
    c.sink.item();
    if (i > 0 && offset <= end) {
      misplaced(c, what);
      return;
    }
    end = (offset + size) >>> 0;
    if (end <= offset || end > h.size) {
      misplaced(c, what);
      return;
    }
    if (i >= c.options.stringLimit) {
      c.sink.more();
      return;
    }
    const at = behind(c, offset, size);
    if (at < 0) {
      c.sink.addr(addLo(c.argLo(2), offset), addHi(c.argLo(2), c.argHi(2), offset));
      return;
    }
    c.sink.openStruct();
    const next = print(at, offset, i);
    c.sink.closeStruct();
    if (next < 0) return;
    offset = next >>> 0;
  }
}

const spec = "dm_target_spec";
const sectors = fields(spec, "sector_start length");
const status = fields(spec, "status:int");
const kind = fields(spec, "target_type:text");
function targets(c: Context, h: Header): void {
  if (!c.verbose) {
    if (h.targets > 0) shortened(c);
    return;
  }
  const size = sizeOf(c, spec);
  chain(c, h, "struct dm_target_spec", size, h.targets, (at, offset) => {
    const next = number(spec, "next")(c, at);
    sectors(c, at);
    if (c.exiting) status(c, at);
    kind(c, at);
    textBehind(c, "string", offset + size, h.size - offset - size);
    return (c.exiting ? h.start : offset) + next;
  });
}

function shortened(c: Context): void {
  c.sink.item();
  c.sink.more();
}
/** For what is not there if the data has no length, and `...` without -v. */
const listed =
  (print: (c: Context, h: Header) => void) =>
  (c: Context, h: Header): void => {
    if (h.start === h.size) return;
    if (c.verbose) print(c, h);
    else shortened(c);
  };

const names = listed((c, h) => {
  const size = offsetOf(c, "dm_name_list", "name");
  const event = (name: number, length: number, end: number) => {
    const lo = c.argLo(2) + name + length + 7;
    const start = lo - (lo % 8) - c.argLo(2);
    if (h.minor < 37 || length <= 0 || start + 4 > end) return;
    const at = behind(c, start, 4);
    if (at < 0) return;
    c.sink.field("event_nr");
    c.sink.num(c.memory.view.getUint32(at, true));
  };
  chain(c, h, "struct dm_name_list", size, Number.POSITIVE_INFINITY, (at, offset) => {
    const next = number("dm_name_list", "next")(c, at);
    fields("dm_name_list", "dev:dev")(c, at);
    textBehind(c, "name", offset + size, h.size - offset - size);
    event(offset + size, c.memory.terminated ? c.memory.got + 1 : 0, offset + next);
    return next === 0 ? -1 : offset + next;
  });
});
const versions = listed((c, h) => {
  const size = offsetOf(c, "dm_target_versions", "name");
  chain(c, h, "struct dm_target_versions", size, Number.POSITIVE_INFINITY, (at, offset) => {
    const next = number("dm_target_versions", "next")(c, at);
    const version = [0, 4, 8].map((o) => c.memory.view.getUint32(at + 4 + o, true));
    textBehind(c, "name", offset + size, h.size - offset - size);
    c.sink.field("version");
    c.sink.word(`[${version.join(", ")}]`);
    return next === 0 ? -1 : offset + next;
  });
});
const dependencies = listed((c, h) => {
  c.sink.item();
  const size = offsetOf(c, "dm_target_deps", "dev");
  const end = (h.start + size) >>> 0;
  if (end <= h.start || end > h.size) {
    misplaced(c, "struct dm_target_deps");
    return;
  }
  const at = behind(c, h.start, size);
  if (at < 0) {
    c.sink.addr(addLo(c.argLo(2), h.start), addHi(c.argLo(2), c.argHi(2), h.start));
    return;
  }
  const count = number("dm_target_deps", "count")(c, at);
  if (count > Math.floor((h.size - end) / 8)) {
    misplaced(c, "struct dm_target_deps");
    return;
  }
  c.sink.openStruct();
  c.sink.field("count");
  c.sink.num(count);
  c.sink.field("deps");
  printArray(c, scalarWalker("dev"), addLo(c.argLo(2), end), addHi(c.argLo(2), c.argHi(2), end), count);
  c.sink.closeStruct();
});
const message = listed((c, h) => {
  c.sink.item();
  const size = offsetOf(c, "dm_target_msg", "message");
  const end = (h.start + size) >>> 0;
  if (end <= h.start || end > h.size) {
    misplaced(c, "struct dm_target_msg");
    return;
  }
  const at = behind(c, h.start, size);
  if (at < 0) {
    c.sink.addr(addLo(c.argLo(2), h.start), addHi(c.argLo(2), c.argHi(2), h.start));
    return;
  }
  c.sink.openStruct();
  fields("dm_target_msg", "sector")(c, at);
  textBehind(c, "message", end, h.size - end);
  c.sink.closeStruct();
});
function text(c: Context, h: Header): void {
  c.sink.item();
  if (!c.verbose) c.sink.more();
  else if (h.start > h.size) misplaced(c, "string");
  else {
    c.sink.openStruct();
    textBehind(c, "string", h.start, h.size - h.start);
    c.sink.closeStruct();
  }
}

type Payload = (c: Context, h: Header) => void;
interface Shape {
  /** The command has data behind its header. */
  readonly data: boolean;
  /** The command is about one device, whose name the header has. */
  readonly device: boolean;
  readonly before?: Part;
  readonly counts?: boolean;
  readonly sent?: Payload;
  readonly returned?: Payload;
}
const event = fields(dm, "event_nr");
const counts = fields(dm, "target_count open_count event_nr");
const shapes: Readonly<Record<string, Shape>> = {
  DM_VERSION: { data: false, device: true },
  DM_REMOVE_ALL: { data: false, device: false },
  DM_LIST_DEVICES: { data: true, device: false, returned: names },
  DM_DEV_CREATE: { data: false, device: true, counts: true },
  DM_DEV_REMOVE: { data: false, device: true, before: event },
  DM_DEV_RENAME: { data: true, device: true, before: event, counts: true, sent: text },
  DM_DEV_SUSPEND: {
    data: false,
    device: true,
    before: (c, at) => {
      if (!(of("flags")(c, at) & DM_SUSPEND_FLAG)) event(c, at);
    },
    counts: true,
  },
  DM_DEV_STATUS: { data: false, device: true, counts: true },
  DM_DEV_WAIT: { data: true, device: true, before: event, counts: true, returned: targets },
  DM_TABLE_LOAD: {
    data: true,
    device: true,
    before: fields(dm, "target_count"),
    counts: true,
    sent: targets,
  },
  DM_TABLE_CLEAR: { data: false, device: true, counts: true },
  DM_TABLE_DEPS: { data: true, device: true, counts: true, returned: dependencies },
  DM_TABLE_STATUS: { data: true, device: true, counts: true, returned: targets },
  DM_LIST_VERSIONS: { data: true, device: false, returned: versions },
  DM_TARGET_MSG: { data: true, device: true, counts: true, sent: message, returned: text },
  DM_DEV_SET_GEOMETRY: { data: true, device: true, sent: text },
  DM_DEV_ARM_POLL: { data: false, device: true },
};

const version = fields(dm, "version");
const dataSize = fields(dm, "data_size");
const dataStart = fields(dm, "data_start");
const deviceNumber = fields(dm, "dev:dev");
const deviceNames = ["name", "uuid"].map((name) => [name, fields(dm, `${name}:text`)] as const);
const flagWord = fields(dm, "flags:flags", { flags: flags(F.dm_flags) });

/** Prints the header; false if what follows it cannot be understood. */
function header(c: Context, at: number, shape: Shape, size: number): boolean {
  const { sink } = c;
  sink.openStruct();
  version(c, at);
  let understood = false;
  if (c.memory.view.getUint32(at, true) !== major) sink.comment("unsupported device mapper ABI version");
  else {
    dataSize(c, at);
    if (of("data_size")(c, at) < size) sink.comment("data_size too small");
    else {
      if (shape.data) dataStart(c, at);
      if (shape.device) deviceOf(c, at);
      if (!c.exiting) shape.before?.(c, at);
      else if (!c.call.error && shape.counts) counts(c, at);
      flagWord(c, at);
      understood = true;
    }
  }
  sink.closeStruct();
  return understood;
}
/** A name is there if its first byte is. */
function deviceOf(c: Context, at: number): void {
  if (of("dev")(c, at) !== 0) deviceNumber(c, at);
  for (const [name, print] of deviceNames) if (c.memory.bytes[at + offsetOf(c, dm, name)] !== 0) print(c, at);
}

const identity = ["version", "data_size", "data_start", "flags"];
function read(c: Context): number {
  const size = offsetOf(c, dm, "data");
  const [lo, hi] = [c.argLo(2), c.argHi(2)];
  if (lo === 0 && hi === 0) return -1;
  const at = c.memory.readAll(lo, hi, size);
  return at >= 0 && of("data_size")(c, at) >= offsetOf(c, dm, "data_size") ? at : -1;
}
const noted = (c: Context, at: number): number[] => [
  ...[0, 4, 8].map((o) => c.memory.view.getUint32(at + o, true)),
  ...identity.slice(1).map((name) => of(name)(c, at)),
];

function show(c: Context, at: number, shape: Shape): void {
  const h: Header = {
    start: of("data_start")(c, at),
    size: of("data_size")(c, at),
    targets: of("target_count")(c, at),
    minor: c.memory.view.getUint32(at + 4, true),
  };
  const out = of("flags")(c, at) & DM_DATA_OUT_FLAG;
  const returned = c.exiting && !c.call.error && (shape.returned !== text || out);
  c.sink.openArray();
  c.sink.item();
  if (header(c, at, shape, offsetOf(c, dm, "data"))) {
    if (!c.exiting) shape.sent?.(c, h);
    else if (returned) shape.returned?.(c, h);
  }
  c.sink.closeArray();
}

const command = (shape: Shape): Command => ({
  kind: "own",
  enter(c) {
    const at = read(c);
    if (at < 0) return false;
    c.call.saved.push(...noted(c, at));
    c.sink.arg("argp");
    show(c, at, shape);
    return false;
  },
  exit(c) {
    const at = read(c);
    const before = c.call.saved;
    const same = at >= 0 && noted(c, at).every((n, i) => n === before[i]);
    if (before.length === 0) {
      c.sink.comma?.(true);
      c.sink.arg("argp");
      if (at < 0) c.sink.hex(c.argLo(2), c.argHi(2));
      else show(c, at, shape);
    } else if (at >= 0 && (!c.call.error || !same)) {
      c.sink.becomes();
      show(c, at, shape);
    }
  },
});

export const mapper: Readonly<Record<string, Command>> = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [name, command(shape)]),
);

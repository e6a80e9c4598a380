/** Printers of what commands' arguments hold and the vocabulary of descriptors cannot say. */

import type { FlagSet } from "../../../abi/flags.ts";
import * as F from "../../../abi/flags.ts";
import { flags, flags64 } from "../../../syscalls/types/build.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { printEnum, printFlags } from "../../flags.ts";
import { addHi, addLo, printArray, printBytes } from "../../pointers.ts";
import { pointerWalker, registerValue, type Walker } from "../../walker.ts";
import { octets, symbolic } from "../addresses.ts";
import { pointed, valueWalker } from "../bytes.ts";
import { printSockaddr } from "../sockaddr.ts";
import { record } from "./command.ts";

const inMemory = (size: number, memory: (c: Context, at: number) => void): Walker => ({
  size: () => size,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory,
});

/** Bytes up to the first NUL of `size`; the last one is never shown, for it should be a NUL. */
function printText(c: Context, at: number, size: number): void {
  const { bytes } = c.memory;
  let length = 0;
  while (length < size && bytes[at + length] !== 0) length++;
  c.sink.str(bytes, at, Math.min(length, size - 1), length === size);
}
registerValue("text", (data) => inMemory(data as number, (c, at) => printText(c, at, data as number)));

/** As many bytes as the data says, -s of them shown. */
registerValue("some_bytes", (data) =>
  inMemory(data as number, (c, at) => {
    const limit = Math.min(data as number, c.options.stringLimit);
    c.sink.str(c.memory.bytes, at, limit, (data as number) > limit);
  }),
);

registerValue("one_character", () => pointed(1, (c, at) => c.sink.str(c.memory.bytes, at, 1, false)));

/** Text as long as the call's result says. */
registerValue("returned_text", () =>
  pointerWalker((c, lo, hi) => {
    if (c.failed) c.sink.addr(lo, hi);
    else printBytes(c, lo, hi, c.ret);
  }),
);

registerValue("u64", () => valueWalker(8, (c, lo, hi) => c.sink.ulong(lo, hi)));
registerValue("s64", () => valueWalker(8, (c, lo, hi) => c.sink.long(lo, hi)));
registerValue("addr64", () => valueWalker(8, (c, lo, hi) => c.sink.addr(lo, hi)));
registerValue("max64", () =>
  valueWalker(8, (c, lo, hi) => {
    if (lo === 0xffffffff && hi === 0xffffffff) c.sink.xlat(lo, hi, "UINT64_MAX", "", "unsigned");
    else c.sink.ulong(lo, hi);
  }),
);
/** A number of a set, in decimal and without a comment where it has no name. */
registerValue("decimal_name", (set) =>
  valueWalker(8, (c, lo, hi) => {
    const name = flagEntry(set as FlagSet, lo, hi);
    c.sink.xlat(lo, hi, name, "", "unsigned");
  }),
);
/** Exact where a double is not. */
function flagEntry(set: FlagSet, lo: number, hi: number): string | undefined {
  const value = (BigInt(hi) << 32n) | BigInt(lo);
  return set.entries.find(([v]) => BigInt(v) === value)?.[1];
}
registerValue("uuid", () =>
  inMemory(16, (c, at) => {
    const text = Buffer.from(c.memory.bytes.subarray(at, at + 16)).toString("hex");
    c.sink.word(text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
  }),
);

registerValue("hex8", () => oneByte((c, byte) => c.sink.hex(byte, 0)));
registerValue("hex64", () => valueWalker(8, (c, lo, hi) => c.sink.hex(lo, hi)));

const oneByte = (print: (c: Context, byte: number) => void): Walker => ({
  size: () => 1,
  value: (c, lo) => print(c, lo & 0xff),
  memory: (c, at) => print(c, c.memory.bytes[at]),
});
registerValue("byte_flags", (set) => oneByte((c, byte) => printFlags(c, set as FlagSet, byte)));
registerValue("byte_name", (set) => oneByte((c, byte) => printEnum(c, set as FlagSet, byte)));

/** A pointer to flags shown without brackets. */
registerValue("bare_flags", (set) => {
  const walker = compile(flags64(set as FlagSet));
  return pointed(8, (c, at) => walker.memory(c, at));
});

registerValue("interface_address", () => inMemory(16, (c, at) => printSockaddr(c, at, 16)));

/** Bytes of a hardware address by its type (linux/if_arp.h), where it is not all that fits. */
const addressLengths: ReadonlyMap<number, number> = new Map([
  [0, 7],
  [1, 6],
  [3, 7],
  [6, 6],
  [32, 14],
  [772, 6],
  [801, 6],
  [802, 6],
  [803, 6],
]);
registerValue("hardware_address", () =>
  inMemory(16, (c, at) => {
    c.sink.openStruct();
    c.sink.field("sa_family");
    const family = c.memory.view.getUint16(at, true);
    printEnum(c, F.hardware_types, family);
    c.sink.field("sa_data");
    const shown = addressLengths.get(family) ?? 14;
    symbolic(c, at + 2, 14, octets(c, at + 2, shown));
    c.sink.closeStruct();
  }),
);

registerValue("entropy", () =>
  pointed(8, (c, at) => {
    const count = c.memory.view.getInt32(at, true);
    const size = c.memory.view.getInt32(at + 4, true);
    c.sink.openStruct();
    c.sink.field("entropy_count");
    c.sink.num(count);
    c.sink.field("buf_size");
    c.sink.num(size);
    c.sink.field("buf");
    const lo = c.argLo(2);
    // an int that becomes a size: what is negative is more than there is
    printBytes(c, addLo(lo, 8), addHi(lo, c.argHi(2), 8), size < 0 ? 2 ** 32 + size : size);
    c.sink.closeStruct();
  }),
);

const extent = record("fiemap_extent", "fe_logical fe_physical fe_length fe_flags:flags", {
  flags: flags(F.fiemap_extent_flags),
});
/** What FS_IOC_FIEMAP found; the extents follow the struct. */
registerValue("fiemap_after", () =>
  inMemory(32, (c, at) => {
    const mapped = c.memory.view.getUint32(at + 20, true);
    c.sink.openStruct();
    c.sink.field("fm_flags");
    printFlags(c, F.fiemap_flags, c.memory.view.getUint32(at + 16, true));
    c.sink.field("fm_mapped_extents");
    c.sink.num(mapped);
    if (c.verbose) {
      c.sink.field("fm_extents");
      const lo = c.argLo(2);
      printArray(c, compile(extent), addLo(lo, 32), addHi(lo, c.argHi(2), 32), mapped);
    } else {
      c.sink.item();
      c.sink.more();
    }
    c.sink.closeStruct();
  }),
);

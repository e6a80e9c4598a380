/** Commands whose structs have arrays of a length that another field says. */
import { special } from "../../../syscalls/types/build.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { hexText } from "../../flags.ts";
import { addHi, addLo, follow, printArray } from "../../pointers.ts";
import type { StructWalker } from "../../structs.ts";
import { type Command, record, type StructType } from "./command.ts";

/** Elements of a list of file ranges shown without -v. */
const SHORT = 2;

const structs = new Map<StructType, StructWalker>();
/** Compiled when first needed: a command's table is made before all printers are known. */
function structOf(type: StructType): StructWalker {
  let walker = structs.get(type);
  if (!walker) {
    walker = compile(type) as StructWalker;
    structs.set(type, walker);
  }
  return walker;
}

const range = record("file_dedupe_range", "src_offset src_length dest_count");
const targets = record("file_dedupe_range_info", "dest_fd:fd dest_offset");
const results = record("file_dedupe_range_info", "bytes_deduped status");

/** Prints the ranges; false if not all could be read. */
function listed(c: Context, walker: StructWalker, offset: number, count: number): boolean {
  const size = walker.size(c);
  c.sink.field("info");
  c.sink.openArray();
  let complete = true;
  for (let i = 0; i < count; i++) {
    c.sink.item();
    const from = offset + i * size;
    const at = c.memory.readAll(addLo(c.argLo(2), from), addHi(c.argLo(2), c.argHi(2), from), size);
    if (at < 0 || (!c.verbose && i >= SHORT)) {
      c.sink.more();
      complete = at >= 0;
      if (!complete) c.sink.comment(hexText(addLo(c.argLo(2), from), addHi(c.argLo(2), c.argHi(2), from)));
      break;
    }
    walker.memory(c, at);
  }
  c.sink.closeArray();
  return complete;
}

const destinations = (c: Context, at: number): number => c.memory.view.getUint16(at + 16, true);

/** FIDEDUPERANGE: which ranges, and what came of each (ioctl_fideduperange(2)). */
export const dedupe: Command = {
  kind: "own",
  enter(c) {
    const walker = structOf(range);
    c.sink.arg("argp");
    const at = follow(c, c.argLo(2), c.argHi(2), walker.size(c));
    if (at < 0) {
      c.sink.addr(c.argLo(2), c.argHi(2));
      return true;
    }
    const count = destinations(c, at);
    c.sink.openStruct();
    walker.fields(c, at);
    const complete = listed(c, structOf(targets), walker.size(c), count);
    c.sink.closeStruct();
    return count === 0 || !complete;
  },
  exit(c) {
    const size = structOf(range).size(c);
    const at = follow(c, c.argLo(2), c.argHi(2), size);
    if (at < 0) return;
    c.sink.becomes();
    c.sink.openStruct();
    listed(c, structOf(results), size, destinations(c, at));
    c.sink.closeStruct();
  },
};

const interfaceRequest = record("ifreq", "ifr_name:text ifr_addr:address", {
  address: special("interface_address"),
});

function configurationLength(c: Context, length: number): void {
  const size = structOf(interfaceRequest).size(c);
  c.sink.num(length);
  if (length > 0 && length % size === 0) c.sink.comment(`${length / size} * sizeof(struct ifreq)`);
}

/** SIOCGIFCONF: the room there is, and the interfaces found (netdevice(7)). */
export const interfaces: Command = {
  kind: "own",
  enter(c) {
    c.sink.arg("argp");
    const at = follow(c, c.argLo(2), c.argHi(2), 2 * c.wordSize);
    if (at < 0) {
      c.sink.addr(c.argLo(2), c.argHi(2));
      return true;
    }
    const length = c.memory.view.getInt32(at, true);
    c.call.saved.push(length);
    c.sink.openStruct();
    c.sink.field("ifc_len");
    configurationLength(c, length);
    return false;
  },
  exit(c) {
    const { sink, wordSize } = c;
    sink.comma?.(true);
    const at = c.memory.readAll(c.argLo(2), c.argHi(2), 2 * wordSize);
    if (at >= 0) {
      const length = c.memory.view.getInt32(at, true);
      c.wordAt(at + wordSize);
      const { wordLo: lo, wordHi: hi } = c;
      if (!c.failed && length !== c.call.saved[0]) {
        sink.becomes();
        configurationLength(c, length);
      }
      sink.field("ifc_buf");
      const one = structOf(interfaceRequest);
      if (c.failed || (lo === 0 && hi === 0) || length < 0) sink.addr(lo, hi);
      else printArray(c, one, lo, hi, Math.floor(length / one.size(c)));
    }
    sink.closeStruct();
  },
};

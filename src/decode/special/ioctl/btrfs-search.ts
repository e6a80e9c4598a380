/** BTRFS_IOC_TREE_SEARCH: which items of a tree are wanted, and those that were found. */
import * as F from "../../../abi/flags.ts";
import { special } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { addHi, addLo } from "../../pointers.ts";
import { registerValue } from "../../walker.ts";
import { type Command, record } from "./command.ts";
import { argument, body, fields, more, number, offsetOf, type Part, sizeOf, when } from "./parts.ts";

const EOVERFLOW = 75;
/** The number of a tree or of what is special in one. */
export const objects = special("decimal_name", 8, F.btrfs_objects);
const types: Readonly<Record<string, Type>> = { objects };

const KEY = "btrfs_ioctl_search_key";
const HEADER = "btrfs_ioctl_search_header";
const [FIRST_FREE, LAST_FREE] = [256n, 0xffffffffffffff00n];
const keyIs = (name: string, value: bigint) => (c: Context, at: number) =>
  c.memory.view.getBigUint64(at + offsetOf(c, KEY, name), true) === value;
const except = (name: string, value: bigint): Part =>
  when((c, at) => c.verbose || !keyIs(name, value)(c, at), fields(KEY, `${name}:objects`, types));
const asked = body(
  KEY,
  fields(KEY, "tree_id:objects", types),
  except("min_objectid", FIRST_FREE),
  except("max_objectid", LAST_FREE),
  fields(
    KEY,
    "min_offset:max64 max_offset:max64 min_transid:max64 max_transid:max64 min_type:keys max_type:keys nr_items",
    { keys: special("decimal_name32", 4, F.btrfs_keys) },
  ),
);
registerValue("decimal_name32", (set) => {
  const wide = compile(special("decimal_name", 8, set));
  const print = (c: Context, lo: number) => wide.value(c, lo, 0);
  return { size: () => 4, value: print, memory: (c, at) => print(c, c.memory.view.getUint32(at, true)) };
});
const header = record(HEADER, "transid objectid:objects offset type:keys len", {
  ...types,
  keys: special("decimal_name32", 4, F.btrfs_keys),
});
/** What was found: items one behind the other, each as long as its header says. */
function items(c: Context, from: number, room: number, count: number): void {
  const size = sizeOf(c, HEADER);
  c.sink.field("buf");
  c.sink.openArray();
  let offset = 0;
  for (let i = 0; i < count; i++) {
    c.sink.item();
    if (offset + size > room || i > c.options.stringLimit) {
      c.sink.more();
      break;
    }
    const here = from + offset;
    const at = c.memory.readAll(addLo(c.argLo(2), here), addHi(c.argLo(2), c.argHi(2), here), size);
    if (at < 0) {
      c.sink.more();
      c.sink.comment(`0x${(c.argHi(2) * 4294967296 + c.argLo(2) + here).toString(16)}`);
      break;
    }
    offset += size + number(HEADER, "len")(c, at);
    compile(header).memory(c, at);
  }
  c.sink.closeArray();
}
export const search = (struct: string, sized: boolean): Command => {
  // the first version has its buffer in the struct, but only the key is read
  const least = (c: Context): number => (sized ? sizeOf(c, struct) : sizeOf(c, KEY));
  const print = (c: Context, at: number): void => {
    const room = sized ? number(struct, "buf_size")(c, at) : 4096 - sizeOf(c, KEY);
    const count = number(KEY, "nr_items")(c, at);
    const { sink } = c;
    sink.openStruct();
    sink.field("key");
    if (c.exiting) {
      sink.openStruct();
      fields(KEY, "nr_items")(c, at);
      sink.closeStruct();
    } else compile(asked).memory(c, at);
    if (sized) fields(struct, "buf_size")(c, at);
    if (c.exiting && !c.verbose) more(c, at);
    else if (c.exiting) items(c, offsetOf(c, struct, "buf"), room, count);
    sink.closeStruct();
  };
  return {
    kind: "own",
    enter(c) {
      c.sink.arg("argp");
      const at = argument(c, least(c));
      if (at < 0) c.sink.addr(c.argLo(2), c.argHi(2));
      else print(c, at);
      return at < 0;
    },
    exit(c) {
      const small = sized && c.call.error === EOVERFLOW;
      if (c.failed && !small) return;
      c.failed = false;
      c.sink.becomes();
      const at = argument(c, least(c));
      if (at < 0) c.sink.addr(c.argLo(2), c.argHi(2));
      else if (!small) print(c, at);
      else {
        c.sink.openStruct();
        fields(struct, "buf_size")(c, at);
        c.sink.closeStruct();
      }
    },
  };
};

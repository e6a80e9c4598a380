/** set_thread_area(2), modify_ldt(2): segment descriptors; syslog(2)'s numbers. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName } from "../flags.ts";
import { pointerWalker, registerAux, registerValue } from "../walker.ts";
import { padded, readable } from "./bytes.ts";

const USER_DESC = 16;
/** Bit fields after the limit: name, first bit, width (asm/ldt.h). */
const bits: readonly (readonly [string, number, number])[] = [
  ["seg_32bit", 0, 1],
  ["contents", 1, 2],
  ["read_exec_only", 3, 1],
  ["limit_in_pages", 4, 1],
  ["seg_not_present", 5, 1],
  ["useable", 6, 1],
];

/** -1 asks for any free entry. */
const printEntry = (c: Context, entry: number) => c.sink.num(entry === 0xffffffff ? -1 : entry);

function descriptor(c: Context, at: number): void {
  const { sink } = c;
  const word = (offset: number) => c.memory.view.getUint32(at + offset, true);
  sink.openStruct();
  sink.field("entry_number");
  printEntry(c, word(0));
  sink.field("base_addr");
  sink.word(padded(word(4)));
  sink.field("limit");
  sink.word(padded(word(8)));
  for (const [name, first, width] of bits) {
    sink.field(name);
    sink.num((word(12) >>> first) & ((1 << width) - 1));
  }
  if (c.call.abi !== "i386") {
    sink.field("lm");
    sink.num((word(12) >>> 7) & 1);
  }
  sink.closeStruct();
}

const pointer = (fits: (c: Context) => boolean) =>
  pointerWalker((c, lo, hi) => {
    const at = fits(c) ? readable(c, lo, hi, USER_DESC) : -1;
    if (at < 0) c.sink.addr(lo, hi);
    else descriptor(c, at);
  });
registerValue("user_desc", () => pointer(() => true));
registerValue("user_desc_sized", () => pointer((c) => c.arg(2) === USER_DESC));
/** get_thread_area: which entry is asked for is true even if the call fails. */
registerValue("user_desc_asked", () =>
  pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, USER_DESC);
    const entry = at >= 0 || !c.options.dereference(c.call.name) ? undefined : c.readInt(lo, hi);
    if (at >= 0) descriptor(c, at);
    else if (entry === undefined) c.sink.addr(lo, hi);
    else {
      c.sink.openStruct();
      c.sink.field("entry_number");
      printEntry(c, entry >>> 0);
      c.sink.item();
      c.sink.more();
      c.sink.closeStruct();
    }
  }),
);

/** The entry the kernel chose. */
registerAux("user_desc", (c) => {
  const at = c.call.error ? -1 : readable(c, c.argLo(0), c.argHi(0), USER_DESC);
  const entry = at < 0 ? undefined : c.memory.view.getUint32(at, true);
  if (entry !== undefined) c.sink.word(`entry_number=${entry >>> 0}`);
});

registerValue("log_action", () =>
  pointerWalker((c, lo) => {
    c.sink.num(lo | 0);
    c.sink.comment(enumName(F.syslog_actions, lo) ?? F.syslog_actions.fallback);
  }),
);
registerValue("log_level", () =>
  pointerWalker((c, lo) => {
    c.sink.num(lo | 0);
    const last = F.log_levels.entries.length - 1;
    const above = lo === last + 1 ? `${F.log_levels.entries[last][1]}+1` : undefined;
    c.sink.comment(enumName(F.log_levels, lo) ?? above ?? F.log_levels.fallback);
  }),
);

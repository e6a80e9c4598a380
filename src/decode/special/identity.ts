/** Character arrays in structs, capability sets. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printEnum } from "../flags.ts";
import { follow, printBytes } from "../pointers.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";

const UTS_LENGTH = 65;

/** The name sethostname(2) and setdomainname(2) set: no longer than the kernel takes. */
registerValue("host_name", () =>
  pointerWalker((c, lo, hi) => {
    const length = c.argLo(1);
    printBytes(c, lo, hi, length < UTS_LENGTH ? length : -1);
  }),
);

/** A NUL-padded char[65] of struct new_utsname. */
registerValue(
  "char_array",
  (): Walker => ({
    size: () => UTS_LENGTH,
    value: () => {},
    memory(c, at) {
      const end = c.memory.bytes.subarray(at, at + UTS_LENGTH).indexOf(0);
      c.sink.str(c.memory.bytes, at, end < 0 ? UTS_LENGTH - 1 : end, end < 0);
    },
  }),
);

registerValue(
  "ulong3",
  (): Walker => ({
    size: (c) => 3 * c.longSize,
    value: () => {},
    memory(c, at) {
      c.sink.openArray();
      for (let i = 0; i < 3; i++) {
        const p = at + i * c.longSize;
        c.sink.item();
        c.sink.ulong(c.integer(p, 4, false), c.longSize === 8 ? c.integer(p + 4, 4, false) : 0);
      }
      c.sink.closeArray();
    },
  }),
);

registerValue("cap_header", () =>
  pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, 8);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    c.sink.field("version");
    printEnum(c, F.cap_versions, c.memory.view.getUint32(at, true));
    c.sink.field("pid");
    c.pid(c.memory.view.getInt32(at + 4, true));
    c.sink.closeStruct();
  }),
);

/** Versions 2 and 3 have two structs. */
const CAP_PAIRS: ReadonlySet<number | undefined> = new Set([0x20071026, 0x20080522]);

/** One or two struct __user_cap_data_struct: the low and high 32 capabilities. */
registerValue("cap_data", () =>
  pointerWalker((c, lo, hi) => {
    const header = c.memory.readAll(c.argLo(0), c.argHi(0), 8);
    const version = header < 0 ? undefined : c.memory.view.getUint32(header, true);
    const pairs = CAP_PAIRS.has(version) ? 2 : 1;
    const at = header < 0 || (lo === 0 && hi === 0) ? -1 : follow(c, lo, hi, pairs * 12);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    for (const [i, name] of ["effective", "permitted", "inheritable"].entries()) {
      c.sink.field(name);
      const v = c.memory.view;
      const high = pairs === 2 ? v.getUint32(at + 4 * i + 12, true) : 0;
      const low = v.getUint32(at + 4 * i, true);
      if (low === 0 && high === 0) c.sink.num(0);
      else {
        // what is 0 shows only where both are
        if (low !== 0) printCapabilities(c, low, 0);
        if (low !== 0 && high !== 0) c.sink.word("|");
        if (high !== 0) printCapabilities(c, high, 32);
      }
    }
    c.sink.closeStruct();
  }),
);

/** Prints a word of a set, whose lowest bit is the capability `first`. */
function printCapabilities(c: Context, word: number, first: number): void {
  const names: string[] = [];
  for (let b = 0; b < 32; b++) {
    if (!(word & (1 << b))) continue;
    const entry = F.capabilities.entries.find(([v]) => Number(v) === first + b);
    names.push(`1<<${entry ? entry[1] : first + b}`);
  }
  c.sink.xlat(word, 0, names.join("|"), "", "hex");
}

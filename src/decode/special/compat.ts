/** What only 32-bit x86 has: 64-bit arguments in two registers, mmap's arguments in memory. */
import * as F from "../../abi/flags.ts";
import { flags64, special } from "../../syscalls/types/build.ts";
import { compile } from "../compile.ts";
import { registerValue, type Walker } from "../walker.ts";
import { pointed, valueWalker } from "./bytes.ts";

interface Pair {
  readonly index: number;
  readonly unsigned?: boolean;
}

registerValue("pair", (data) => {
  const { index, unsigned } = data as Pair;
  return valueWalker("word", (c) => {
    const lo = c.argLo(index);
    const hi = c.argLo(index + 1);
    if (unsigned) c.sink.ulong(lo, hi);
    else c.sink.long(lo, hi);
  });
});

/** _llseek's offset: the upper half comes first. */
registerValue("swapped_pair", (data) =>
  valueWalker("word", (c) => c.sink.long(c.argLo((data as number) + 1), c.argLo(data as number))),
);

/** A size_t in memory where it is shorter than a long. */
registerValue("uword", () => valueWalker("word", (c, lo, hi) => c.sink.ulong(lo, hi)));

/** A 64-bit offset in memory, whatever a long is. */
registerValue("loff", () => valueWalker(8, (c, lo, hi) => c.sink.long(lo, hi)));

/** The six arguments of the old mmap(2). */
registerValue("mmap_args", (): Walker => {
  const walkers = [
    compile({ kind: "addr" }),
    compile({ kind: "ulong" }),
    compile(flags64(F.mmap_prot)),
    compile(
      special("huge_flags", undefined, {
        set: F.mmap_flags,
        base: F.mmap_types,
        baseMask: 0xf,
        suffix: "MAP_HUGE_SHIFT",
      }),
    ),
    compile({ kind: "fd" }),
    compile({ kind: "hex" }),
  ];
  const names = ["addr", "length", "prot", "flags", "fd", "offset"];
  return pointed(24, (c, at) => {
    for (const [i, walker] of walkers.entries()) {
      // the first argument has been begun by the caller
      if (i > 0) c.sink.arg(names[i]);
      walker.value(c, c.memory.view.getUint32(at + 4 * i, true), 0);
    }
  });
});

/** Compiles descriptor types into walkers. Every kind of the vocabulary has its case here. */
import { layout } from "../abi/layouts.ts";
import type { Type } from "../syscalls/types/types.ts";
import type { Context } from "./context.ts";
import { printBasedFlags, printEnum, printFlags } from "./flags.ts";
import {
  arrayWalker,
  bufferWalker,
  inlineWalker,
  iovecWalker,
  pathWalker,
  pointerTo,
  sigsetWalker,
  stringWalker,
} from "./pointers.ts";
import { loadInteger, scalarWalker } from "./scalars.ts";
import { structWalker } from "./structs.ts";
import { specials, type Walker } from "./walker.ts";

const compiled = new WeakMap<Type, Walker>();

/** The walker of a type; compiled once per type object. */
export function compile(type: Type): Walker {
  let walker = compiled.get(type);
  if (!walker) {
    walker = make(type);
    compiled.set(type, walker);
  }
  return walker;
}

/** A number with names: 4 bytes in memory, or 8 when `wide`. Struct fields override the size by their layout. */
function named(wide: boolean, value: (c: Context, lo: number, hi: number) => void): Walker {
  const size = wide ? 8 : 4;
  return { size: () => size, value, memory: (c, at) => loadInteger(c, at, size, false, value) };
}

function make(type: Type): Walker {
  switch (type.kind) {
    case "flags": {
      const { set, base, wide } = type;
      if (base) return named(false, (c, lo) => printBasedFlags(c, base, set, lo));
      return named(wide ?? false, (c, lo, hi) => printFlags(c, set, lo, wide ? hi : 0));
    }
    case "enum":
      return named(type.wide ?? false, (c, lo, hi) => printEnum(c, type.set, lo, type.wide ? hi : 0));
    case "path":
      return pathWalker();
    case "cstring":
      return stringWalker(type.max);
    case "buffer":
      return bufferWalker(type.length, type.path ?? false, type.socket ?? false);
    case "pointer":
      return pointerTo(
        compile(type.to),
        type.to.kind === "struct" || type.to.kind === "special" || type.to.kind === "inline",
      );
    case "array":
      return arrayWalker(compile(type.of), type.count, type.limit);
    case "inline":
      return inlineWalker(compile(type.of), type.count);
    case "struct":
      return structWalker(type, (abi) => layout(abi, type.layout), compile);
    case "iovec":
      return iovecWalker(type.count, type.bytes);
    case "sockaddr": {
      const maker = specials.values.get("sockaddr");
      if (!maker) throw new Error("no printer for socket addresses is registered");
      return maker(type);
    }
    case "sigset":
      return sigsetWalker(type.size, type.least);
    case "switch": {
      const cases = new Map([...type.cases].map(([key, t]) => [key, compile(t)]));
      const otherwise = compile(type.otherwise);
      const { on } = type;
      const pick = (c: Context): Walker => {
        const key = "arg" in on ? c.argLo(c.index(on.arg)) : c.fieldValue(on.field) >>> 0;
        return cases.get(key) ?? cases.get(key | 0) ?? otherwise;
      };
      return {
        size: (c) => pick(c).size(c),
        value: (c, lo, hi) => pick(c).value(c, lo, hi),
        memory: (c, at) => pick(c).memory(c, at),
        enter: (c, lo, hi) => pick(c).enter?.(c, lo, hi),
      };
    }
    case "optional":
      return compile(type.of);
    case "special": {
      const maker = specials.values.get(type.name);
      if (!maker) throw new Error(`no printer is registered for special type ${type.name}`);
      return maker(type.data);
    }
    default:
      return scalarWalker(type.kind);
  }
}

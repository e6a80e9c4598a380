/** Turns places in programs into functions. Slow at first sight of a program, so not for the thread that captures. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { demangle } from "../symbols/demangle.ts";
import { ElfSymbols } from "../symbols/elf-symbols.ts";
import { KernelSymbols, perfMap, type TextMap } from "../symbols/text-maps.ts";
import type { Frame, RawFrame } from "./model.ts";

/** Programs whose symbols are kept. */
const MAX_FILES = 64;
/** A larger perf map (bytes) is not read. */
const MAX_PERF_MAP = 1 << 28;
/** Bytes of /proc/kallsyms, about. It comes by the page, for each of which readFileSync would make a buffer of 64 KiB. */
const KALLSYMS = 1 << 24;

export class Symbols {
  private readonly files = new Map<string, ElfSymbols | undefined>();
  private kernel: KernelSymbols | undefined;
  private perf: { path: string; stamp: string; map: TextMap } | undefined;

  resolve(frame: RawFrame): Frame {
    const { module, offset } = frame;
    if (module === "[kernel]") {
      this.kernel ??= new KernelSymbols(read("/proc/kallsyms", KALLSYMS));
      return { function: this.kernel.find(offset) ?? "", module, address: offset };
    }
    if (module === "[jit]") return { function: this.compiled(frame), module, address: offset };
    if (module === "" || module.startsWith("[")) return { function: "", module, address: offset };
    const elf = this.elf(frame);
    const address = elf?.addressOf(offset) ?? offset;
    return { function: demangle(elf?.find(address)?.name ?? ""), module, address };
  }

  private elf({ module, pid }: RawFrame): ElfSymbols | undefined {
    // the process may see other files under the same path
    const inside = `/proc/${pid}/root${module}`;
    const path = existsSync(inside) ? inside : module;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    const key = `${stat.dev}:${stat.ino}:${stat.mtimeMs}`;
    if (!this.files.has(key)) {
      if (this.files.size >= MAX_FILES) this.files.delete(this.files.keys().next().value!);
      this.files.set(key, ElfSymbols.open(path));
    }
    return this.files.get(key);
  }

  private compiled({ pid, offset }: RawFrame): string {
    const path = [`/proc/${pid}/root/tmp/perf-${pid}.map`, `/tmp/perf-${pid}.map`].find((p) => existsSync(p));
    const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === undefined || !stat?.isFile() || stat.size > MAX_PERF_MAP) return "";
    const stamp = `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    if (this.perf?.path !== path || this.perf.stamp !== stamp)
      this.perf = { path, stamp, map: perfMap(read(path, stat.size + 1).toString()) };
    return demangle(this.perf.map.find(offset)?.name ?? "");
  }
}

/** All of a file, or nothing if it cannot be read. `usual`: bytes it may well have. */
function read(path: string, usual: number): Buffer {
  let bytes = Buffer.allocUnsafe(usual);
  let length = 0;
  try {
    const fd = openSync(path, "r");
    try {
      for (let n = -1; n !== 0; length += n) {
        if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length);
        n = readSync(fd, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return bytes.subarray(0, length);
}

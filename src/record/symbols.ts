/** Turns places in programs into functions. Slow at first sight of a program, so not for the thread that captures. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { innerPid } from "../kernel/tasks.ts";
import { demangle } from "../symbols/demangle.ts";
import { withElfFile } from "../symbols/elf-file.ts";
import { ElfSymbols } from "../symbols/elf-symbols.ts";
import { KernelSymbols } from "../symbols/kernel-symbols.ts";
import { identityKey, isSame } from "../symbols/mapped-file.ts";
import { type PerfMap, perfMap } from "../symbols/perf-map.ts";
import type { Frame, RawFrame } from "./model.ts";

/** Programs whose symbols are kept. */
const MAX_FILES = 64;
/** A larger perf map (bytes) is not read. */
const MAX_PERF_MAP = 1 << 28;
/** How long (ms) a perf map is taken to be where it was, or nowhere. */
const FOUND = 100;
/** Bytes of /proc/kallsyms, about. It comes by the page, for each of which readFileSync would make a buffer of 64 KiB. */
const KALLSYMS = 1 << 24;

export class Symbols {
  private readonly files = new Map<string, ElfSymbols>();
  private kernel: KernelSymbols | undefined;
  /** Where the perf map of the process asked for last is. */
  private found: { pid: number; path: string | undefined; until: number } | undefined;
  private perf: { path: string; stamp: string; map: PerfMap } | undefined;

  resolve(frame: RawFrame): Frame {
    const { module, offset } = frame;
    if (module === "[kernel]") {
      this.kernel ??= new KernelSymbols(read("/proc/kallsyms", KALLSYMS));
      return { function: this.kernel.find(offset) ?? "", module, address: offset };
    }
    if (module === "[jit]") return { function: this.compiled(frame.pid, offset), module, address: offset };
    if (module === "" || module.startsWith("[")) return { function: "", module, address: offset };
    const elf = this.elf(frame);
    if (!elf && frame.address !== undefined) {
      const name = this.compiled(frame.pid, frame.address);
      if (name !== "") return { function: name, module: "[jit]", address: frame.address };
    }
    const address = elf?.addressOf(offset) ?? offset;
    return { function: demangle(elf?.find(address)?.name ?? ""), module, address };
  }

  /** The name a compiler has given in its perf map to code that it wrote at an address of a process; "" for none. */
  compiled(pid: number, address: number): string {
    const path = this.perfMap(pid);
    const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === undefined || !stat?.isFile() || stat.size > MAX_PERF_MAP) return "";
    const stamp = `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    if (this.perf?.path !== path || this.perf.stamp !== stamp)
      this.perf = { path, stamp, map: perfMap(read(path, stat.size + 1).toString()) };
    return demangle(this.perf.map.find(address)?.name ?? "");
  }

  private perfMap(pid: number): string | undefined {
    const now = performance.now();
    if (this.found?.pid !== pid || now > this.found.until)
      this.found = { pid, path: findPerfMap(pid), until: now + FOUND };
    return this.found.path;
  }

  private elf({ module, pid, file }: RawFrame): ElfSymbols | undefined {
    if (!file) return undefined;
    const key = identityKey(file);
    const known = this.files.get(key);
    if (known) {
      // those used last come last
      this.files.delete(key);
      this.files.set(key, known);
      return known;
    }
    // the process may see other files under the same path, and there may be others by now
    const paths = [`/proc/${pid}/root${module}`, file.path, module];
    if (file.held >= 0) paths.unshift(`/proc/self/fd/${file.held}`);
    for (const path of paths) {
      const symbols = withElfFile(path, ElfSymbols.of, (stat) => isSame(stat, file));
      if (!symbols) continue;
      if (this.files.size >= MAX_FILES) this.files.delete(this.files.keys().next().value!);
      this.files.set(key, symbols);
      return symbols;
    }
    return undefined;
  }
}

/** Where a process has its perf map: named by the pid that it has itself, in the /tmp that it sees. */
function findPerfMap(pid: number): string | undefined {
  const own = `/proc/${pid}/root/tmp/perf-${innerPid(pid) ?? pid}.map`;
  return [own, `/tmp/perf-${pid}.map`].find((p) => existsSync(p));
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

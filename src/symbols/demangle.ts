/** Names of C++ and Rust functions as their authors wrote them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as glue from "gecko-profiler-demangle/index_bg.js";
import { cutName } from "./elf-file.ts";

/** Pages (of 64 KiB) that demangling may use, of which the module takes 17; all names of Node's program fit into 20. */
const MAX_PAGES = 32;
const MEMORY_SECTION = 5;
const HEADER = 8;

let compiled: WebAssembly.Module | undefined;
let memory: WebAssembly.Memory | undefined;

function load(): void {
  compiled ??= new WebAssembly.Module(bounded(readFileSync(find())));
  const { exports } = new WebAssembly.Instance(compiled, {
    "./index_bg.js": glue as unknown as Record<string, never>,
  });
  glue.__wbg_set_wasm(exports);
  memory = exports.memory as WebAssembly.Memory;
  (exports.__wbindgen_start as () => void)();
}

const find = (): string => createRequire(import.meta.url).resolve("gecko-profiler-demangle/index_bg.wasm");

/**
 * The module with a memory that does not grow beyond MAX_PAGES: names refer to parts of themselves, so a short one can stand
 * for gigabytes of text. WebAssembly core specification, section 5.5.
 */
function bounded(module: Buffer): Buffer {
  for (let at = HEADER; at < module.length; ) {
    const body = length(module, at + 1);
    const end = body.next + body.value;
    if (module[at] === MEMORY_SECTION) {
      // one memory, without a maximum, of so many pages
      const [count, limits, pages] = module.subarray(body.next, end);
      if (count !== 1 || limits !== 0 || pages > MAX_PAGES) break;
      const section = Buffer.from([MEMORY_SECTION, 4, count, 1, pages, MAX_PAGES]);
      return Buffer.concat([module.subarray(0, at), section, module.subarray(end)]);
    }
    at = end;
  }
  throw new Error("the module that demangles is not the one known");
}

/** An unsigned LEB128 number, and where what follows it begins. */
function length(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes.readUInt8(at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at };
  }
}

/** `_ZN3foo3barEv` is `foo::bar()`; what is not mangled, or takes too much memory, stays as it is. */
export function demangle(name: string): string {
  if (!/^_?_[RZ]/.test(name)) return name;
  if (!memory) load();
  try {
    const text = glue.demangle_any(name);
    // it takes an underscore off (as macOS needs) before it finds that the rest is not mangled
    return name.endsWith(text) ? name : cutName(text);
  } catch {
    // it is in no state to go on; growing detaches the bytes of which the glue has a view
    memory?.grow(0);
    memory = undefined;
    return name;
  }
}

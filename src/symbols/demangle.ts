/** Names of C++ and Rust functions as their authors wrote them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as glue from "gecko-profiler-demangle/index_bg.js";

let ready = false;

function load(): void {
  const path = createRequire(import.meta.url).resolve("gecko-profiler-demangle/index_bg.wasm");
  const module = new WebAssembly.Module(readFileSync(path));
  const instance = new WebAssembly.Instance(module, {
    "./index_bg.js": glue as unknown as Record<string, never>,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  ready = true;
}

/** `_ZN3foo3barEv` is `foo::bar()`; what is not mangled stays as it is. */
export function demangle(name: string): string {
  if (!/^_?_[RZ]/.test(name)) return name;
  if (!ready) load();
  try {
    const text = glue.demangle_any(name);
    // it takes an underscore off (as macOS needs) before it finds that the rest is not mangled
    return name.endsWith(text) ? name : text;
  } catch {
    return name;
  }
}

/** The package's own glue: its entry file expects a bundler that imports WebAssembly. */
declare module "gecko-profiler-demangle/index_bg.js" {
  export function __wbg_set_wasm(exports: object): void;
  export function demangle_any(name: string): string;
}

/** As far as it is used; Node's types leave it to those of browsers. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    grow(pages: number): number;
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
    constructor(module: Module, imports: object);
  }
}

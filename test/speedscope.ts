/**
 * speedscope's own importer. Its package holds the page only, one script; that script is run here with a document that
 * swallows everything, and the function behind its `loadFileFromBase64` is taken out of it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";
import { root } from "./helpers.ts";

export interface ImportedProfile {
  getName(): string;
  getTotalWeight(): number;
  /** Calls `open` and `close` for every frame in order. */
  forEachCall(
    open: (node: { frame: { name: string } }, value: number) => void,
    close: (node: { frame: { name: string } }, value: number) => void,
  ): void;
}

type Import = (name: string, base64: string) => Promise<{ profiles: ImportedProfile[] } | null>;

let importer: Import | undefined;

/** What speedscope makes of a file. Rejects when it does not know the format. */
export async function speedscopeImport(name: string, content: string): Promise<ImportedProfile[]> {
  importer ??= load();
  const group = await importer(name, Buffer.from(content).toString("base64"));
  if (!group) throw new Error("speedscope does not recognise the format");
  return group.profiles;
}

function load(): Import {
  const dir = join(root, "node_modules/speedscope/dist/release");
  const file = readdirSync(dir).find((f) => /^speedscope-.*\.js$/.test(f))!;
  const script = readFileSync(join(dir, file), "utf8");
  const found = /loadFileFromBase64:\((\w+),(\w+)\)=>\{this\.loadProfile\(\(\)=>(\w+)\(\1,\2\)\)/.exec(
    script,
  );
  const start = script.indexOf("(()=>{");
  if (!found || start < 0) throw new Error("speedscope's script has another shape than expected");
  const at = start + "(()=>{".length;
  const exposed = `${script.slice(0, at)}globalThis.importFromBase64=(...a)=>${found[3]}(...a);${script.slice(at)}`;
  const context = vm.createContext({
    ...swallowing([
      "document",
      "window",
      "self",
      "navigator",
      "location",
      "localStorage",
      "HTMLElement",
      "getComputedStyle",
    ]),
    ...{ TextDecoder, TextEncoder, URL, URLSearchParams, Blob, atob, performance, setTimeout, clearTimeout },
    requestAnimationFrame: () => 0,
    console: { ...console, log: () => undefined, assert: () => undefined },
  });
  try {
    vm.runInContext(exposed, context);
  } catch {
    // it has got as far as building its page, which is not there
  }
  return context.importFromBase64 as Import;
}

function swallowing(names: readonly string[]): Record<string, unknown> {
  const anything: unknown = new Proxy(function nothing() {}, {
    get: (_, key) => {
      if (key === "hash" || key === "search" || key === "href") return "";
      return key === Symbol.toPrimitive ? () => "" : key === Symbol.iterator ? undefined : anything;
    },
    apply: () => anything,
    construct: () => anything as object,
    set: () => true,
  });
  return Object.fromEntries(names.map((n) => [n, anything]));
}

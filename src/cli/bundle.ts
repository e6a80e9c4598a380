/** Loading a bundle with the code that V8 made of it when it was built, if this is the same V8. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

interface Bundle {
  start(name: string, argv: string[]): Promise<void>;
}

/** The bundle of that name beside the main program. */
export function loadBundle(name: string): Bundle {
  const path = join(__dirname, name);
  const module = { exports: {} };
  // bundles are ASCII, which is read fastest so
  const script = new Script(wrapped(readFileSync(path, "latin1")), {
    filename: path,
    cachedData: codeOf(path),
  });
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return module.exports as Bundle;
}

/** A bundle as a function, as Node does with CommonJS modules; tools/precompile.mjs has the same. */
const wrapped = (text: string): string =>
  `(function (exports, require, module, __filename, __dirname) {${text}\n})`;

/** Where the code is kept; V8 takes none that another version made, or that is of a text of another length. */
const codePath = (path: string): string => `${path}.code`;

function codeOf(path: string): Buffer | undefined {
  try {
    return readFileSync(codePath(path));
  } catch {
    return undefined;
  }
}

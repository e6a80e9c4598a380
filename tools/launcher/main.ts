/** Writes bin/svtrace: the launcher, or where that cannot run a script for Node, which changes more of what it inherits. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { executable } from "./elf.ts";
import { launcher } from "./launcher.ts";

export { NODE_FLAG } from "./launcher.ts";

const script = `#!/usr/bin/env node
import "../dist/main.cjs";
`;

/** Under another name first: one that is being executed cannot be written to. */
export function writeLauncher(path: string, arch: string = process.arch): void {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}.tmp`;
  writeFileSync(own, arch === "x64" ? executable(launcher()) : script, { mode: 0o755 });
  renameSync(own, path);
}

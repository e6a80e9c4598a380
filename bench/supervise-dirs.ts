/** Scan directories for the supervision benchmarks. */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** npm runs scripts there. */
export const root = resolve(".");

/** Compiles the service that notes its first instruction. */
export function firstInstruction(): string {
  const out = join(root, "test/out");
  mkdirSync(out, { recursive: true });
  const program = join(out, "first-instruction");
  execFileSync("gcc", ["-O1", "-o", program, join(root, "test/programs/first-instruction.c")]);
  return program;
}

export type Logger = "none" | "multilog" | "svlogd" | "shared";

export interface Services {
  readonly count: number;
  readonly logger: Logger;
  /** Copied to `run`; a shell script that sleeps if there is none. */
  readonly program?: string;
}

/** Makes services named s0, s1 ...; returns the directory. */
export function makeServices({ count, logger, program }: Services): string {
  const scan = mkdtempSync(join(tmpdir(), "svtrace-bench-"));
  for (let i = 0; i < count; i++) {
    const dir = join(scan, `s${i}`);
    mkdirSync(dir);
    if (program) copyFileSync(program, join(dir, "run"));
    else writeFileSync(join(dir, "run"), "#!/bin/sh\nexec sleep 1000000\n");
    chmodSync(join(dir, "run"), 0o755);
    if (logger === "none") continue;
    mkdirSync(join(dir, "log/main"), { recursive: true });
    if (logger === "shared") writeFileSync(join(dir, "log/multilog"), "t ./main\n");
    else {
      const command = logger === "multilog" ? "/usr/bin/multilog t ./main" : "/usr/bin/svlogd ./main";
      writeFileSync(join(dir, "log/run"), `#!/bin/sh\nexec ${command}\n`);
      chmodSync(join(dir, "log/run"), 0o755);
    }
  }
  return scan;
}

export const removeServices = (scan: string): void =>
  rmSync(scan, { recursive: true, force: true, maxRetries: 5 });

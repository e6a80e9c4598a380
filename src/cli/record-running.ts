/** Records a running process, with its threads and its children, for a limited time. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import type { EngineKind } from "../capture/choose.ts";
import { attachBelow } from "../capture/tree.ts";
import { monotonicNow } from "../kernel/clock.ts";
import { commOf } from "../kernel/tasks.ts";
import { RecordSession } from "./record-session.ts";

export interface RunningOptions {
  readonly pid: number;
  readonly seconds: number;
  readonly engine: "auto" | EngineKind;
  /** Where the recording is kept; without it it is temporary. */
  readonly file: string | undefined;
}

/** Returns the recording's file; `forget` removes a temporary one. Throws SysError when the process cannot be traced. */
export async function recordRunning(options: RunningOptions): Promise<{ file: string; forget: () => void }> {
  const { pid, seconds } = options;
  const service = commOf(pid);
  if (service === undefined) throw new UsageError(`${pid}: no such process`, 1);
  if (options.file !== undefined && existsSync(options.file))
    throw new UsageError(`${options.file}: exists; not overwritten`, 1);
  const dir = options.file === undefined ? mkdtempSync(join(tmpdir(), "svtrace-why-")) : undefined;
  const file = dir === undefined ? resolve(options.file!) : join(dir, "running.duckdb");
  const forget = () => dir && rmSync(dir, { recursive: true, force: true });
  try {
    const session = new RecordSession({
      file,
      engine: options.engine,
      service,
      lifetime: { pid, attached: true },
    });
    const release = () => session.release();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, release);
    // a service's work is often done by children of the process people know
    session.engine.attach(pid);
    attachBelow(session.engine, [pid]);
    const end = monotonicNow() + seconds * 1e9;
    const failure = await session.run(() => monotonicNow() >= end);
    if (failure !== undefined) throw new UsageError(`${file}: ${failure}`, 1);
    return { file, forget };
  } catch (error) {
    forget();
    throw error;
  }
}

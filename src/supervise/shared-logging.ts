/**
 * The seam between the scan directory, which owns the log pipes, and the process that reads those of `log/`
 * directories with a `multilog` script.
 */
import type { LogPipe } from "./log-pipe.ts";

export interface SharedLogging {
  /** Whether it is the one to read for this log directory. */
  serves(logDir: string): boolean;
  /** Reads the pipe from now on. Again, with another path, after a rename. */
  attach(logDir: string, pipe: LogPipe): void;
  /** The service is gone: what is still in the pipe is read, then the directory, and the pipe, are closed. */
  detach(pipe: LogPipe): void;
  /** pids of those who may hold log pipes; asked before anything is attached. */
  holders(): number[];
  /** All services are gone. Resolves when everything has been written and the process has ended. */
  stop(): Promise<void>;
}

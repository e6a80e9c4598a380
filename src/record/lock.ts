/** DuckDB locks a file that it has open: one process writes, or any number read. */

/** Another process (a reader, a copy) may hold the file; it gets this long, in ms. */
const LOCK_PATIENCE = 2000;

/** Runs `open`, again and again while another process has the database open. */
export async function attach<T>(open: () => Promise<T>): Promise<T> {
  const patience = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isLocked(String(error)) || Date.now() > patience) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Whether what DuckDB says of a failure is that another process has the file open. */
export const isLocked = (message: string): boolean => /Could not set lock|Conflicting lock/.test(message);

/** Who has it open, as far as DuckDB found out: `less (PID 4211)`. */
export const lockHolder = (message: string): string =>
  /held in (?:\S*\/)?(.+? \(PID \d+\))/.exec(message)?.[1] ?? "another process";

/** Ends us the way the command ended, so that callers see the same. */
export function endBy(signal: number): void {
  for (const name of process.eventNames()) {
    if (typeof name === "string" && name.startsWith("SIG")) process.removeAllListeners(name);
  }
  process.kill(process.pid, signal);
}

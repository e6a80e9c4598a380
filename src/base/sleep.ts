const never = new Int32Array(new SharedArrayBuffer(4));

/** Does nothing at all for `ms`: for threads that own tracees or must write before they go on. */
export function sleepSync(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}

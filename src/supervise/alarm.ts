/** setTimeout fires at once when it is to wait longer (ms), 24.8 days. */
const LONGEST = 2 ** 31 - 1;

/** One thing that is to be done later, however much later. */
export class Alarm {
  private timer: NodeJS.Timeout | undefined;

  /** Rings in `ms` milliseconds; what it was set for before is forgotten. */
  set(ms: number, ring: () => void): void {
    clearTimeout(this.timer);
    const part = Math.min(ms, LONGEST);
    this.timer = setTimeout(() => (ms > part ? this.set(ms - part, ring) : ring()), part);
  }

  cancel(): void {
    clearTimeout(this.timer);
  }
}

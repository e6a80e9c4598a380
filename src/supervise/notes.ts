/** When a service's state is written down: at once for whoever supervises after us, a moment later for everybody. */
import type { Extended } from "./extended.ts";
import type { Status } from "./layout.ts";
import type { ServiceFiles } from "./service-files.ts";

/** A restart is over in less than this (ms), and is written once, when the new process runs. */
const WRITE_DELAY = 10;

export interface Noted {
  /** Undefined when the directory is not ours. */
  readonly files: ServiceFiles | undefined;
  readonly extended: Extended;
  /** What is to follow. */
  readonly intention: string;
  readonly status: Status;
}

export class Notes {
  private due: NodeJS.Timeout | undefined;
  /** As noted last. */
  private intention = "";

  constructor(private readonly now: () => Noted) {}

  /** For whoever supervises after us, at once. */
  note(): void {
    const { files, extended, intention } = this.now();
    this.intention = intention;
    files?.writeExtended(extended);
  }

  /** What is to follow cannot be found out by looking at processes. */
  noteIntention(): void {
    if (this.intention !== this.now().intention) this.note();
  }

  writeSoon(): void {
    this.due ??= setTimeout(() => this.write(), WRITE_DELAY);
  }

  /** For everybody. */
  write(): void {
    this.cancel();
    this.note();
    const { files, status } = this.now();
    files?.writeStatus(status);
  }

  cancel(): void {
    clearTimeout(this.due);
    this.due = undefined;
  }
}

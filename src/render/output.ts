/** Where text goes: a descriptor, a file, a pipe to a command, or a file per process. */
import { closeSync, openSync, writeSync } from "node:fs";
import { SysError } from "../base/errors.ts";
import { sysErrorFrom } from "../kernel/node-errors.ts";

const BUFFER_BYTES = 256 * 1024;
const EAGAIN = "EAGAIN";

/** One destination. Text is Latin-1: everything printed has been escaped to ASCII. */
export class Output {
  private readonly buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  private used = 0;

  constructor(
    readonly fd: number,
    /** Nothing stays behind when a line is complete (terminals, stderr). */
    private readonly immediate: boolean,
    private readonly owned: boolean,
  ) {}

  write(text: string): void {
    if (this.used + text.length > BUFFER_BYTES) {
      this.flush();
      if (text.length > BUFFER_BYTES) {
        this.send(Buffer.from(text, "latin1"));
        return;
      }
    }
    this.used += this.buffer.write(text, this.used, "latin1");
  }

  /** Like write, for text that is encoded already; at most a few lines. */
  writeBytes(bytes: Uint8Array): void {
    if (this.used + bytes.length > BUFFER_BYTES) this.flush();
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** The end of something a reader would want to see now. */
  settle(): void {
    if (this.immediate) this.flush();
  }

  /** Writes all there is. A reader that has gone away ends output, not tracing. */
  flush(): void {
    if (this.used === 0) return;
    const bytes = this.buffer.subarray(0, this.used);
    this.used = 0;
    this.send(bytes);
  }

  private send(all: Buffer): void {
    let bytes = all;
    while (bytes.length > 0 && !this.broken) {
      try {
        bytes = bytes.subarray(writeSync(this.fd, bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === EAGAIN) {
          Atomics.wait(pause, 0, 0, 1);
          continue;
        }
        const why = sysErrorFrom(error, `write(${this.fd})`);
        this.broken = true;
        this.onBroken?.(why instanceof SysError ? why.text : why.message);
      }
    }
  }
  /** Nothing more can be written. */
  private broken = false;
  /** Is told why, once. */
  onBroken: ((why: string) => void) | undefined;

  close(): void {
    this.flush();
    if (this.owned) closeSync(this.fd);
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Opens FILE for output as strace's -o and -A do; 0600 less umask is not strace's way, 0666 is. */
export function openFile(path: string, append: boolean): Output {
  try {
    return new Output(openSync(path, append ? "a" : "w", 0o666), false, true);
  } catch (error) {
    throw sysErrorFrom(error, `open(${path})`);
  }
}

/** A program at work: what it says, and what it costs, sampled while it lives. It ends in time, or is ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

const LOOK_MS = 20;
/** Clock ticks a second in /proc/PID/stat. */
const HZ = 100;

export class Watched {
  /** Peak resident memory, KiB, and CPU time, seconds, of the program itself, not of its children. */
  peak = 0;
  cpu = 0;
  private readonly child: ChildProcess;
  private readonly over: Promise<void>;

  /** What it says on standard error goes to the file `said`. It leads a process group of its own. */
  constructor(
    private readonly argv: readonly string[],
    private readonly said: string,
  ) {
    const fd = openSync(said, "w", 0o600);
    this.child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "ignore", fd], detached: true });
    closeSync(fd);
    const timer = setInterval(() => this.look(), LOOK_MS);
    // not "close": what it leaves behind would keep its standard error open
    this.over = new Promise((resolve) => {
      const done = () => {
        clearInterval(timer);
        resolve();
      };
      this.child.on("exit", done);
      this.child.on("error", done);
    });
  }

  get stderr(): string {
    return readFileSync(this.said, "latin1");
  }

  /** Waits for its end. After `seconds` it and its group are killed, and this throws. */
  async end(seconds: number): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise<boolean>((resolve) => {
      late = setTimeout(() => resolve(true), seconds * 1000);
    });
    const isLate = await Promise.race([this.over.then(() => false), limit]);
    clearTimeout(late);
    this.kill();
    if (isLate)
      throw new Error(`${this.argv[0]} did not end within ${seconds} s: ${this.stderr.slice(-200)}`);
  }

  /** Ends what is left of its group. */
  kill(): void {
    try {
      process.kill(-this.child.pid!, "SIGKILL");
    } catch {
      // nothing is left
    }
  }

  private look(): void {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, "latin1");
      this.peak = Math.max(this.peak, Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0));
      this.cpu = cpuSeconds(this.child.pid!);
    } catch {
      // it has just ended
    }
  }
}

/** CPU seconds of a process so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / HZ;
}

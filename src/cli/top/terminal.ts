/** The terminal `svtrace top` draws on: taken over and given back, at the end and whenever it stops. */
import { constants } from "node:os";
import { isatty } from "node:tty";
import { inherited } from "../../kernel/inherited.ts";
import type { Line } from "./view.ts";

const ALTERNATE = "\x1b[?1049h\x1b[?25l";
const NORMAL = "\x1b[?25h\x1b[?1049l";
const styles = { head: "\x1b[7m", selected: "\x1b[1;7m", dim: "\x1b[2m" } as const;

/** ^Z, which in raw mode is a key like any other. */
export const STOP_KEY = "\x1a";

export class Terminal {
  /** `redraw` is for when it has been somebody else's meanwhile. */
  constructor(private readonly redraw: () => void) {}

  open(): void {
    this.take();
    this.onStop(true);
    // whoever was stopped by SIGSTOP hears of it only now
    process.on("SIGCONT", this.back);
  }

  close(): void {
    this.onStop(false);
    process.off("SIGCONT", this.back);
    // it may have hung up
    if (isatty(0) && isatty(1)) this.giveBack();
  }

  draw(lines: readonly Line[]): void {
    const text = lines.map((l) => `${l.style ? styles[l.style] : ""}${l.text}\x1b[m\x1b[K`);
    process.stdout.write(`\x1b[H${text.join("\r\n")}\x1b[J`);
  }

  /** What the terminal does at ^Z when it is not in raw mode: the whole job stops, a script that started us included. */
  stopJob(): void {
    process.kill(0, "SIGTSTP");
  }

  private onStop(handled: boolean): void {
    if (inherited?.ignored.has(constants.signals.SIGTSTP)) return;
    if (handled) process.on("SIGTSTP", this.stop);
    else process.off("SIGTSTP", this.stop);
  }

  /** By SIGTSTP itself, which does nothing where there is no shell that could continue us. */
  private readonly stop = (): void => {
    this.giveBack();
    this.onStop(false);
    process.kill(process.pid, "SIGTSTP");
    this.onStop(true);
    this.back();
  };

  private readonly back = (): void => {
    // Node takes the mode for what it has set last, but the shell has set another
    process.stdin.setRawMode(false);
    this.take();
    // those that are stopped are not told of the terminal's new size; this has Node look
    process.emit("SIGWINCH", "SIGWINCH");
    this.redraw();
  };

  private take(): void {
    process.stdin.setRawMode(true);
    process.stdout.write(ALTERNATE);
  }

  private giveBack(): void {
    process.stdout.write(NORMAL);
    process.stdin.setRawMode(false);
  }
}

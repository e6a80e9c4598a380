/**
 * Telling the recorder what happens, without ever depending on it: notifications are dropped (and counted) when
 * it is not there, and a service that waits for it to attach is continued after a moment whatever it does.
 */
import { connect, type Socket } from "node:net";

const ACK_MS = 500;
const BACKLOG = 64 * 1024;
const SIGCONT = 18;

export class RecorderLink {
  private socket: Socket | undefined;
  private connected = false;
  private readonly waiting = new Map<number, NodeJS.Timeout>();
  private received = "";
  /** Notifications nobody heard. */
  dropped = 0;

  constructor(
    private readonly path: string,
    private readonly warn: (message: string) => void,
  ) {}

  /** Connects if need be; resolves to whether the recorder is there. */
  open(): Promise<boolean> {
    if (this.connected) return Promise.resolve(true);
    return new Promise((resolve) => {
      const socket = connect(this.path);
      this.socket = socket;
      socket.unref();
      socket.on("connect", () => {
        this.connected = true;
        resolve(true);
      });
      socket.on("error", () => resolve(false));
      socket.on("close", () => {
        if (this.socket === socket) this.connected = false;
      });
      socket.on("data", (data) => this.take(data.toString("utf8")));
    });
  }

  /** Sends one notification. */
  tell(message: Readonly<Record<string, unknown>>): boolean {
    if (!this.connected || !this.socket || this.socket.writableLength > BACKLOG) {
      this.dropped++;
      if (!this.connected) void this.open();
      return false;
    }
    this.socket.write(`${JSON.stringify(message)}\n`);
    return true;
  }

  /** Hands a process that has stopped itself to the recorder, which continues it; so do we if it does not. */
  handOver(pid: number, message: Readonly<Record<string, unknown>>): void {
    if (!this.tell(message)) {
      this.release(pid, "the recorder is not running");
      return;
    }
    this.waiting.set(
      pid,
      setTimeout(() => this.release(pid, `the recorder did not attach within ${ACK_MS} ms`), ACK_MS),
    );
  }

  private release(pid: number, reason: string): void {
    this.waiting.delete(pid);
    this.warn(`no trace of process ${pid}: ${reason}`);
    continueWhenStopped(pid, 50);
  }

  private take(text: string): void {
    const lines = (this.received + text).split("\n");
    this.received = lines.pop()!;
    for (const line of lines) {
      try {
        const { ack, error } = JSON.parse(line) as { ack?: number; error?: string };
        if (typeof ack !== "number") continue;
        clearTimeout(this.waiting.get(ack));
        this.waiting.delete(ack);
        if (error) this.warn(`no trace of process ${ack}: ${error}`);
      } catch {
        // not ours to understand
      }
    }
  }

  close(): void {
    this.socket?.destroy();
  }
}

/** The child stops itself a moment after it was started: a SIGCONT too early would be lost. */
function continueWhenStopped(pid: number, times: number): void {
  try {
    process.kill(pid, SIGCONT);
  } catch {
    return;
  }
  if (times > 0) setTimeout(() => continueWhenStopped(pid, times - 10), 10).unref();
}

/**
 * Telling the recorder what happens, without ever depending on it: notifications are dropped when it is not there, and
 * a service that waits for it to attach is continued after a moment whatever it does.
 */

import type { Socket } from "node:net";
import { connectTo } from "../base/short-path.ts";
import { status } from "../kernel/proc.ts";
import { send } from "../kernel/signals.ts";
import { sameArguments } from "../kernel/tasks.ts";
import { peerOf } from "../kernel/unix-socket.ts";

/** How long a start waits for the recorder (ms). */
const ACK_MS = 500;
/** Until it has been there for the first time, which takes a while: so long (ms) after the supervisor began. */
const FIRST_MS = 3000;
/** Of many starts at once each waits while the recorder answers others, but not longer than this (ms). */
const TURN_MS = 5000;
/** Between two attempts to connect while a start waits (ms). */
const CONNECT_PAUSE_MS = 50;
/** More unread bytes than this and notifications are dropped. */
const BACKLOG = 1 << 20;
const MAX_LINE = 64 * 1024;
/** A child reaches its stop, and after that its exec, in a moment: so long (ms) is it looked after, this often. */
const EXEC_MS = 5000;
const LOOK_MS = 10;

interface Waiting {
  readonly timer: NodeJS.Timeout;
  /** When to wait no longer whatever the recorder does (performance.now()). */
  readonly latest: number;
}

export class RecorderLink {
  private socket: Socket | undefined;
  private connecting: Promise<boolean> | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private received = "";
  private closed = false;
  private firstUntil: number | undefined = performance.now() + FIRST_MS;
  /** It does not read what it is told, and that has been said. */
  private deaf = false;

  constructor(
    private readonly path: string,
    private readonly warn: (message: string) => void,
    /** Called when a process is to be handed over and nobody is there. */
    private readonly needed: () => void = () => {},
  ) {}

  /** Connects if need be; resolves to whether the recorder is there. */
  open(): Promise<boolean> {
    if (this.socket) return Promise.resolve(true);
    if (this.closed) return Promise.resolve(false);
    this.connecting ??= new Promise<boolean>((resolve) => {
      const socket = connectTo(this.path);
      if (!socket) return resolve(false);
      // the recorder alone is no reason to live on
      socket.unref();
      socket.on("connect", () => {
        this.socket = socket;
        this.firstUntil = undefined;
        this.received = "";
        resolve(true);
      });
      socket.on("error", () => resolve(false));
      socket.on("close", () => {
        if (this.socket === socket) this.socket = undefined;
        resolve(false);
      });
      socket.on("data", (data) => this.take(data.toString("utf8")));
    }).finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  /** pid of the recorder, when connected. */
  get peer(): number | undefined {
    const fd = (this.socket as unknown as { _handle?: { fd: number } } | undefined)?._handle?.fd;
    return fd === undefined ? undefined : peerOf(fd).pid;
  }

  /** Sends one notification if somebody hears it at once. */
  tell(message: Readonly<Record<string, unknown>>): boolean {
    if (this.socket && this.socket.writableLength <= BACKLOG) {
      this.socket.write(`${JSON.stringify(message)}\n`);
      this.deaf = false;
      return true;
    }
    if (!this.socket) void this.open();
    else if (!this.deaf) {
      this.deaf = true;
      this.warn(
        "the recorder does not read what it is told; recordings may lack why services start and stop",
      );
    }
    return false;
  }

  /** Hands a process that stops itself to the recorder, which continues it; so do we if it does not. */
  handOver(pid: number, message: Readonly<Record<string, unknown>>): void {
    const since = performance.now();
    const giveUp = () => {
      if (!this.waiting.has(pid)) return;
      const reason = this.socket
        ? `the recorder did not attach within ${Math.round(performance.now() - since)} ms`
        : "the recorder is not running";
      this.waiting.delete(pid);
      this.warn(`no trace of process ${pid}: ${reason}`);
      continueUntilExec(pid, performance.now() + EXEC_MS);
    };
    const patience = Math.max(ACK_MS, (this.firstUntil ?? 0) - since);
    // the answer may have come while we were busy ourselves: it is read before what is set for immediately
    const timer = setTimeout(() => setImmediate(giveUp), patience);
    this.waiting.set(pid, { timer, latest: since + TURN_MS });
    if (!this.socket) this.needed();
    void this.deliver(pid, message);
  }

  /** The recorder may just be starting: tried until the process is not waiting any more. */
  private async deliver(pid: number, message: Readonly<Record<string, unknown>>): Promise<void> {
    while (this.waiting.has(pid)) {
      if ((await this.open()) && this.tell(message)) {
        // whoever starts many at once gets to tell of them much later
        this.waiting.get(pid)?.timer.refresh();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
    }
  }

  private take(text: string): void {
    const lines = (this.received + text).split("\n");
    this.received = lines.pop()!.slice(-MAX_LINE);
    for (const line of lines) {
      try {
        const { ack, error } = JSON.parse(line) as { ack?: unknown; error?: unknown };
        if (typeof ack !== "number") continue;
        clearTimeout(this.waiting.get(ack)?.timer);
        this.waiting.delete(ack);
        this.goOnWaiting();
        if (error !== undefined) this.warn(`no trace of process ${ack}: ${error}`);
        continueUntilExec(ack, performance.now() + EXEC_MS);
      } catch {
        // not ours to understand
      }
    }
  }

  /** The recorder is at work: whoever waits will have a turn. */
  private goOnWaiting(): void {
    const now = performance.now();
    for (const { timer, latest } of this.waiting.values()) if (now + ACK_MS < latest) timer.refresh();
  }

  close(): void {
    this.closed = true;
    this.socket?.destroy();
  }
}

/**
 * Continues a child that has stopped itself, until its exec: a SIGCONT before the stop is lost, whoever sent it, and a
 * recorder may die after it has answered.
 */
function continueUntilExec(pid: number, deadline: number): void {
  const state = status(pid)?.state;
  if (state === undefined || state === "Z" || state === "X" || !sameArguments(pid, process.pid)) return;
  // one that is traced is in state t
  if (state === "T") send(pid, "SIGCONT");
  if (performance.now() < deadline) setTimeout(() => continueUntilExec(pid, deadline), LOOK_MS);
}

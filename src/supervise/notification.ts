/** How a service tells that it is ready: a newline on a descriptor (s6), or READY=1 on a socket (systemd). */
import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { watchAndOwn } from "../kernel/epoll.ts";
import { peekPipe, pipe } from "../kernel/pipes.ts";
import type { ChildScript } from "../kernel/spawn.ts";
import { datagramSocket, receive } from "../kernel/unix-socket.ts";
import type { Settings } from "./settings.ts";

const NEWLINE = 10;
const READY = /^READY=1$/m;

export interface NotificationOptions {
  readonly settings: Settings;
  readonly ready: () => void;
  /** Whether a process may speak for the service. Throws where that cannot be seen now. */
  readonly belongs: (pid: number) => boolean;
}

export class Notification {
  private readonly stops: (() => void)[] = [];
  private childFd = -1;
  /** Name of the socket, without the @; null if there is none. */
  readonly socket: string | null;

  /** Opens what the settings ask for. Throws SysError. */
  constructor(
    private readonly options: NotificationOptions,
    /** The socket's name of before, when a running service is taken over. */
    socket?: string | null,
  ) {
    const { notifySocket } = options.settings;
    this.socket = notifySocket ? (socket ?? `svtrace/notify/${randomBytes(8).toString("hex")}`) : null;
    if (this.socket !== null) this.listen(this.socket);
  }

  private listen(name: string): void {
    const fd = datagramSocket(name);
    const stop = watchAndOwn(fd, () => {
      for (let d = receive(fd, true); d; d = receive(fd, true)) {
        const counts = READY.test(d.text) && d.from && this.options.belongs(d.from.pid);
        // left there until it is known whose it is: if that cannot be seen now, it can later
        receive(fd);
        if (counts) return this.told();
      }
    });
    this.stops.push(stop);
  }

  /** What is added to the environment of the child. */
  get environment(): string[] {
    return this.socket === null ? [] : [`NOTIFY_SOCKET=@${this.socket}`];
  }

  /** Gives the child its descriptor, after all that needs ours: it may take the place of one. Its number, if it has one. */
  passTo(script: ChildScript): number | undefined {
    const target = this.options.settings.notificationFd;
    if (target === undefined) return undefined;
    const [reader, writer] = pipe();
    try {
      this.watchPipe(reader);
      // open for both: writing to it does no harm when we are not there to read
      this.childFd = openSync(`/proc/self/fd/${writer}`, constants.O_RDWR);
    } finally {
      closeSync(writer);
    }
    script.dup2(this.childFd, target);
    return target;
  }

  /** The child has it. */
  passed(): void {
    if (this.childFd >= 0) closeSync(this.childFd);
    this.childFd = -1;
  }

  /** Finds the pipe of a running service again. */
  resume(pid: number): void {
    const fd = this.options.settings.notificationFd;
    if (fd === undefined) return;
    try {
      this.watchPipe(openSync(`/proc/${pid}/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK));
    } catch {
      // it has closed it, or it is something that cannot be watched: it will not be heard of
    }
  }

  private watchPipe(fd: number): void {
    const bytes = Buffer.alloc(64);
    const stop = watchAndOwn(fd, () => {
      // left in the pipe until it has been noted: if we die before that, our successor finds it
      if (peekPipe(fd, bytes.length).includes(NEWLINE)) this.told();
      else if (readSync(fd, bytes) === 0) stop();
    });
    this.stops.push(stop);
  }

  private told(): void {
    this.options.ready();
    this.close();
  }

  close(): void {
    this.passed();
    for (const stop of this.stops.splice(0)) stop();
  }
}

/** Whether readiness is told at all; otherwise who runs is ready. */
export const tellsReady = (s: Settings): boolean => s.notificationFd !== undefined || s.notifySocket;

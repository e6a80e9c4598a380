/** The client side: what svc, svok, svstat and our own commands do to a service directory. */
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../base/bytes.ts";
import { enterDirectory, enterOpenDirectory } from "../kernel/directory.ts";
import { makeBlocking } from "../kernel/fds.ts";
import { openFifoWriter } from "../kernel/files.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { Fatal, words } from "./chain.ts";
import { files, type Status, unpackStatus } from "./layout.ts";

/** Does `action` with `dir` as the current directory. Throws SysError when it cannot be entered. */
export type Visit = <T>(dir: string, action: () => T) => T;

/** Visits directories one after the other, as svc and svstat do. Throws Fatal when there is no way back. */
export function visitor(): Visit {
  const attempt = <T>(what: string, action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw new Fatal(what, error);
    }
  };
  const origin = attempt("unable to open current directory", () => openSync(".", "r"));
  return (dir, action) => {
    enterDirectory(bytesOf(dir));
    try {
      return action();
    } finally {
      attempt("unable to set directory", () => enterOpenDirectory(origin));
    }
  };
}

/**
 * Whether a supervise runs: somebody reads `ok`. "absent": there has never been one. Throws other node:fs errors.
 */
export function okState(dir: string): "running" | "not running" | "absent" {
  try {
    closeSync(openFifoWriter(join(dir, files.ok)));
    return "running";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENXIO") return "not running";
    if (code === "ENOENT") return "absent";
    throw error;
  }
}

export const isSupervised = (dir: string): boolean => okState(dir) === "running";

/** Sends control bytes. Throws a node:fs error: ENXIO when no supervise listens. */
export function sendControl(dir: string, bytes: string): void {
  const fd = openFifoWriter(join(dir, files.control));
  try {
    // not to wait was for the open alone: a pipe that is full just now is waited for
    makeBlocking(fd);
    if (bytes !== "") writeSync(fd, Buffer.from(bytes, "latin1"));
  } finally {
    closeSync(fd);
  }
}

/** Undefined when the file is not a status. Throws a node:fs error. */
export function readStatus(dir: string): Status | undefined {
  return unpackStatus(readFileSync(bytesOf(join(dir, files.status))));
}

/** What svstat says on the service in the current directory. */
export function statLine(): string {
  let doing = "stat down";
  try {
    const normallyUp = statSync("down", { throwIfNoEntry: false }) === undefined;
    doing = "open supervise/ok";
    const ok = okState(".");
    if (ok === "not running") return "supervise not running";
    if (ok === "absent") return "unable to open supervise/ok: file does not exist";
    doing = "open supervise/status";
    const fd = openSync(files.status, "r");
    doing = "read supervise/status";
    const status = unpackStatus(readAndClose(fd));
    return status ? describe(status, normallyUp) : "unable to read supervise/status: bad format";
  } catch (error) {
    return `unable to ${doing}: ${words(error)}`;
  }
}

function readAndClose(fd: number): Uint8Array {
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function describe(status: Status, normallyUp: boolean): string {
  const up = status.pid !== 0;
  const parts = [`${up ? `up (pid ${status.pid})` : "down"} ${secondsSince(status)} seconds`];
  if (up && !normallyUp) parts.push("normally down");
  if (!up && normallyUp) parts.push("normally up");
  if (up && status.paused) parts.push("paused");
  if (!up && status.want === "u") parts.push("want up");
  if (up && status.want === "d") parts.push("want down");
  return parts.join(", ");
}

/** Seconds since the last change of the pid, counted as svstat does: the clock's seconds, no fractions. */
export function secondsSince(status: Status): number {
  return Math.max(0, wallClock().seconds - status.seconds);
}

/** Recording is switched on for the service. */
export const isTraced = (dir: string): boolean =>
  existsSync(bytesOf(join(dir, "trace"))) && !existsSync(bytesOf(join(dir, "trace/down")));

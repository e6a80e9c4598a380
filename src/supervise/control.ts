/** The client side: what svc, svok, svstat and our own commands do to a service directory. */
import { closeSync, existsSync, opendirSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { unixNow } from "../base/tai.ts";
import { openFifoWriter } from "../kernel/files.ts";
import { words } from "./chain.ts";
import { files, type Status, unpackStatus } from "./layout.ts";

/** Throws a node:fs error if `dir` is no directory that can be read. */
export function enter(dir: string): void {
  opendirSync(dir).closeSync();
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
    if (bytes !== "") writeSync(fd, Buffer.from(bytes, "latin1"));
  } finally {
    closeSync(fd);
  }
}

/** Undefined when the file is not a status. Throws a node:fs error. */
export function readStatus(dir: string): Status | undefined {
  return unpackStatus(readFileSync(join(dir, files.status)));
}

/** What svstat says behind the directory's name. */
export function statLine(dir: string): string {
  let doing = "chdir";
  try {
    enter(dir);
    doing = "stat down";
    const normallyUp = statSync(join(dir, "down"), { throwIfNoEntry: false }) === undefined;
    doing = "open supervise/ok";
    const ok = okState(dir);
    if (ok === "not running") return "supervise not running";
    if (ok === "absent") return "unable to open supervise/ok: file does not exist";
    doing = "open supervise/status";
    const status = readStatus(dir);
    return status ? describe(status, normallyUp) : "unable to read supervise/status: bad format";
  } catch (error) {
    return `unable to ${doing}: ${words(error)}`;
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
  return Math.max(0, unixNow().seconds - status.seconds);
}

/** Recording is switched on for the service. */
export const isTraced = (dir: string): boolean =>
  existsSync(join(dir, "trace")) && !existsSync(join(dir, "trace/down"));

/** The client side: what svc, svok, svstat and our own commands do to a service directory. */
import { closeSync, existsSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { djbWords } from "../base/djb.ts";
import { unixNow } from "../base/tai.ts";
import { openFifoWriter } from "../kernel/files.ts";
import { files, type Status, unpackStatus } from "./layout.ts";

/** Why a directory cannot be entered, in djb's words; undefined when it can. */
export function chdirProblem(dir: string): string | undefined {
  try {
    return statSync(dir).isDirectory() ? undefined : djbWords("ENOTDIR");
  } catch (error) {
    return djbWords((error as NodeJS.ErrnoException).code);
  }
}

/** Whether a supervise runs: somebody reads `ok`. Throws a node:fs error other than ENXIO. */
export function isSupervised(dir: string): boolean {
  try {
    closeSync(openFifoWriter(join(dir, files.ok)));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENXIO" || code === "ENOENT") return false;
    throw error;
  }
}

/** Sends control bytes. Throws a node:fs error: ENXIO when no supervise listens. */
export function sendControl(dir: string, bytes: string): void {
  const fd = openFifoWriter(join(dir, files.control));
  try {
    writeSync(fd, Buffer.from(bytes, "latin1"));
  } finally {
    closeSync(fd);
  }
}

/** Undefined when the file is not a status. Throws a node:fs error. */
export function readStatus(dir: string): Status | undefined {
  return unpackStatus(readFileSync(join(dir, files.status)));
}

/** What svstat says behind the directory's name. */
export function statusLine(dir: string): string {
  const status = readStatus(dir);
  if (!status) return "unable to read supervise/status: bad format";
  const normallyUp = !existsSync(join(dir, "down"));
  const seconds = Math.max(0, unixNow().seconds - status.seconds);
  let text = status.pid !== 0 ? `up (pid ${status.pid}) ` : "down ";
  text += `${seconds} seconds`;
  if (status.pid !== 0 && !normallyUp) text += ", normally down";
  if (status.pid === 0 && normallyUp) text += ", normally up";
  if (status.pid !== 0 && status.paused) text += ", paused";
  if (status.pid === 0 && status.want === "u") text += ", want up";
  if (status.pid !== 0 && status.want === "d") text += ", want down";
  return text;
}

/** What is in the files of a log that are written to no more: a processor may have compressed them. */
import { readFileSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { printable } from "../../base/printable.ts";
import { tell } from "../../base/stderr.ts";

const GZIP = 0x1f8b;

/**
 * All of a file, which may be open as `fd`. One that has been removed meanwhile is empty; one that cannot be read is told of,
 * and the others can be shown.
 */
export function contentOf(path: string, fd?: number): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(fd ?? path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") warn(path, error);
    return Buffer.alloc(0);
  }
  return content.length > 2 && content.readUInt16BE(0) === GZIP ? gunzip(path, content) : content;
}

/** What there is of a file that was cut off; nothing of one that is damaged otherwise. */
function gunzip(path: string, content: Buffer): Buffer {
  try {
    return gunzipSync(content);
  } catch (error) {
    warn(path, error);
  }
  try {
    return gunzipSync(content, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

const warn = (path: string, error: unknown) =>
  tell(`svtrace logs: warning: ${printable(`${path}: ${(error as Error).message}`)}\n`);

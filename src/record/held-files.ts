/**
 * Files whose symbols have not been read yet: a service that is deployed anew and restarted has replaced its program, and is
 * gone, by the time its last samples are written.
 */
import { closeSync, openSync } from "node:fs";
import type { MappedFile } from "../symbols/mapped-file.ts";
import { O_PATH } from "./held-dir.ts";
import type { RawFrame } from "./model.ts";

/** Held at once, of all lifetimes. */
const MAX_HELD = 256;

let count = 0;

/** A descriptor for a file that is mapped now; -1 if it is gone or too many are held. `/proc/self/fd/N` leads to it. */
export function hold({ path }: MappedFile): number {
  if (count >= MAX_HELD) return -1;
  try {
    const fd = openSync(path, O_PATH);
    count++;
    return fd;
  } catch {
    return -1;
  }
}

/** Lets go of the files of frames that have been written, or never will be. */
export function release(frames: readonly RawFrame[]): void {
  for (const { file } of frames) {
    if (!file || file.held < 0) continue;
    closeSync(file.held);
    file.held = -1;
    count--;
  }
}

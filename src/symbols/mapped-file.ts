/** The file behind a mapping: another may have its path by now, or its inode. */
import { type Stats, statSync } from "node:fs";
import type { Mapping } from "./maps.ts";

/** Which file, and which contents of it. As stat(2) says, which need not be what maps shows (overlay file systems). */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
  /** ms since the epoch */
  readonly modified: number;
  /** bytes */
  readonly size: number;
}

export interface MappedFile extends FileIdentity {
  /** Leads to the file while the process has it mapped. */
  readonly path: string;
}

/** `/proc/TID/map_files/...`: the mapped file itself, whatever its path says now; root's (proc(5)). */
export const mapFile = (tid: number, { start, end }: Mapping): string =>
  `/proc/${tid}/map_files/${start.toString(16)}-${end.toString(16)}`;

/** What a mapping of the thread `tid` is of; undefined if it is no file, or one that cannot be found. */
export function mappedFile(tid: number, mapping: Mapping): MappedFile | undefined {
  if (!mapping.path.startsWith("/")) return undefined;
  const itself = mapFile(tid, mapping);
  const stat = look(itself);
  if (stat?.isFile()) return { ...identity(stat), path: itself };
  if (mapping.deleted) return undefined;
  // the path as it is here serves for a process that has just ended, if it leads to the file in question for sure
  for (const [path, sure] of [
    [`/proc/${tid}/root${mapping.path}`, false],
    [mapping.path, true],
  ] as const) {
    const named = look(path);
    if (named?.isFile() && isMapped(named, mapping, sure)) return { ...identity(named), path };
  }
  return undefined;
}

/** Whether an open or found file is the one, and has not been written since. */
export function isSame(stat: Stats, { device, inode, modified, size }: FileIdentity): boolean {
  return stat.ino === inode && stat.dev === device && stat.mtimeMs === modified && stat.size === size;
}

/** A key for tables of files. */
export const identityKey = ({ device, inode, modified, size }: FileIdentity): string =>
  `${device}:${inode}:${modified}:${size}`;

const identity = ({ dev, ino, mtimeMs, size }: Stats): FileIdentity => ({
  device: dev,
  inode: ino,
  modified: mtimeMs,
  size,
});

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether what a path leads to is the file that is mapped: it may have been replaced. */
function isMapped({ ino, dev }: Stats, { inode, device }: Mapping, sure: boolean): boolean {
  const [major, minor] = device.split(":").map((n) => Number.parseInt(n, 16));
  // overlay file systems show another device in maps than to stat(2)
  const same = ((dev >>> 8) & 0xfff) === major && ((dev & 0xff) | ((dev >>> 12) & 0xfff00)) === minor;
  return same ? ino === inode : !sure;
}

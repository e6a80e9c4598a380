/** Paths of sockets, which are limited to 107 bytes, while those of the directories they lie in are not. */
import { closeSync, constants, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { basename, dirname } from "node:path";

/**
 * Has `use` bind or connect to the socket at `path`, by a name that is short as long as `use` runs: they are done when `listen` and
 * `connect` of node:net return. Throws a node:fs error if there is no such directory.
 */
export function shortPath<T>(path: string, use: (path: string) => T): T {
  const fd = openSync(dirname(path), constants.O_DIRECTORY);
  try {
    return use(`/proc/self/fd/${fd}/${basename(path)}`);
  } finally {
    closeSync(fd);
  }
}

/** Connects to the socket at `path`; undefined where there is not even a directory for it. */
export function connectTo(path: string): Socket | undefined {
  try {
    return shortPath(path, (short) => connect(short));
  } catch {
    return undefined;
  }
}

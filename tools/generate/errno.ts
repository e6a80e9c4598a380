/** Errno names from the headers, texts from the C library. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { constants, gcc, macros, withTempDir } from "./gcc.ts";

/** include/linux/errno.h of Linux 6.1: never seen by programs, but by tracers. */
const internal: readonly (readonly [number, string, string])[] = [
  [512, "ERESTARTSYS", "To be restarted if SA_RESTART is set"],
  [513, "ERESTARTNOINTR", "To be restarted"],
  [514, "ERESTARTNOHAND", "To be restarted if no handler"],
  [515, "ENOIOCTLCMD", "No ioctl command"],
  [516, "ERESTART_RESTARTBLOCK", "Interrupted by signal"],
  [517, "EPROBE_DEFER", "Driver requests probe retry"],
  [518, "EOPENSTALE", "Open found a stale dentry"],
  [519, "ENOPARAM", "Parameter not supported"],
  [521, "EBADHANDLE", "Illegal NFS file handle"],
  [522, "ENOTSYNC", "Update synchronization mismatch"],
  [523, "EBADCOOKIE", "Cookie is stale"],
  [524, "ENOTSUPP", "Operation is not supported"],
  [525, "ETOOSMALL", "Buffer or request is too small"],
  [526, "ESERVERFAULT", "An untranslatable error occurred"],
  [527, "EBADTYPE", "Type not supported by server"],
  [528, "EJUKEBOX", "Request initiated, but will not complete before timeout"],
  [529, "EIOCBQUEUED", "iocb queued, will get completion event"],
  [530, "ERECALLCONFLICT", "Conflict with recalled state"],
];

export function errnoTable(): string {
  const names = [...macros(["asm/errno.h"]).keys()].filter((n) => /^E[A-Z0-9]+$/.test(n));
  const values = constants(["asm/errno.h"], names);
  const byNumber = new Map<number, string>();
  for (const [name, value] of values) {
    if (name === "EWOULDBLOCK" || name === "EDEADLOCK" || name === "ENOTSUP") continue;
    byNumber.set(Number(value), name);
  }
  const numbers = [...byNumber.keys()].sort((a, b) => a - b);
  const texts = withTempDir((dir) => {
    const exe = join(dir, "e");
    const body = numbers.map((n) => `puts(strerror(${n}));`).join("");
    gcc(
      ["-x", "c", "-o", exe, "-"],
      `#include <stdio.h>\n#include <string.h>\nint main(void){${body}return 0;}`,
    );
    return execFileSync(exe, { encoding: "utf8", env: { LC_ALL: "C" } }).split("\n");
  });
  const rows = [...numbers.map((n, i) => [n, byNumber.get(n)!, texts[i]] as const), ...internal];
  return `export const errnos: readonly (readonly [number, string, string])[] = [\n${rows.map((r) => `  ${JSON.stringify(r)},\n`).join("")}];\n`;
}

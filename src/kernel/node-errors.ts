/** Errors of node:fs as our own. */
import { SysError } from "../base/errors.ts";
import { errnoText } from "./ffi.ts";

/** Turns an error thrown by node:fs into a SysError about `call`; others pass unchanged. */
export function sysErrorFrom(error: unknown, call: string, hint?: string): Error {
  const e = error as NodeJS.ErrnoException;
  if (typeof e.errno !== "number" || !e.code) return e;
  return new SysError(call, -e.errno, e.code, errnoText(-e.errno), hint);
}

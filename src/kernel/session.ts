/** Sessions and process groups. */
import { libc } from "./ffi.ts";

const setsid = libc("int setsid()");

/** Starts a session of our own; false if this process leads a process group already. */
export function startSession(): boolean {
  return setsid() !== -1;
}

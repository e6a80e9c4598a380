/** Machine code as functions. */
import koffi from "koffi";
import { makeExecutable, mapAnonymous } from "./memory.ts";

/** Makes `code` callable by a C prototype (koffi syntax); it stays for the life of the process. Throws SysError. */
// biome-ignore lint/suspicious/noExplicitAny: koffi functions are untyped by nature; each caller types its own
export function machineCode(code: Uint8Array, prototype: string): (...args: any[]) => any {
  const page = mapAnonymous(4096);
  new Uint8Array(page.buffer).set(code);
  makeExecutable(page);
  return koffi.decode(BigInt(page.address), koffi.proto(prototype));
}

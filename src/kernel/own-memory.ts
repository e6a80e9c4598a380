/** What this process was started with, as bytes: Node decodes arguments and environment as UTF-8 and loses what is none. */
import { readFileSync } from "node:fs";
import { viewOf } from "./ffi.ts";

function entries(path: string): Buffer[] {
  const raw = readFileSync(path);
  const found: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf(0, at);
    const stop = end < 0 ? raw.length : end;
    found.push(raw.subarray(at, stop));
    at = stop + 1;
  }
  return found;
}

/** The last `count` arguments of this process, undecoded. */
export function lastArguments(count: number): Buffer[] {
  return count === 0 ? [] : entries("/proc/self/cmdline").slice(-count);
}

/** The environment this process was started with, NAME=value, undecoded. */
export function startingEnvironment(): Buffer[] {
  return entries("/proc/self/environ").filter((e) => e.includes("="));
}

/** 1-based field numbers in /proc/PID/stat (proc(5)); the third, after the name, comes first in what we split. */
const ARG_END_FIELD = 49;
const FIRST_FIELD = 3;

/** The memory in which `ps` finds our last argument of `length` bytes. Writing to it changes what ps shows. */
export function lastArgumentMemory(length: number): Uint8Array {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const end = Number(fields[ARG_END_FIELD - FIRST_FIELD]);
  return new Uint8Array(viewOf(end - 1 - length, length));
}

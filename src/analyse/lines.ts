/** Calls of a recording as `strace -f -ttt -T` prints them. */
import { printable } from "../base/printable.ts";
import { localTime, NO_TIME } from "../kernel/localtime.ts";
import type { CallRow, Lifetime, ProcessRow, SignalRow } from "../record/model.ts";
import { tidOf } from "./distinct.ts";

const COLUMN = 40;

/** Seconds with six digits since 1970. The whole part is computed apart: the sum does not fit a double. */
export function epoch(ts: number, lifetime: Lifetime): string {
  const base = Math.floor(lifetime.anchor / 1e9);
  const ns = ts + (lifetime.anchor - base * 1e9);
  const micros = Math.floor(ns / 1000);
  return `${base + Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;
}

/** `15:04:05.123` in local time. */
export function clock(ts: number, lifetime: Lifetime): string {
  const ms = Math.floor((ts + lifetime.anchor) / 1e6);
  const second = Math.floor(ms / 1000);
  const { clock } = localTime(second) ?? NO_TIME;
  return `${clock}.${String(ms - 1000 * second).padStart(3, "0")}`;
}

/** Without pid and time: `read(3, "x", 1) = 1 <0.000012>`. */
export function callText(call: CallRow): string {
  const left = `${call.name}(${call.args}`;
  if (call.unfinished) return `${left} <unfinished ...>`;
  const padded = `${left})`.padEnd(COLUMN - 1);
  const killed = call.ret === "?" && !/^exit/.test(call.name);
  const time = call.ret === "?" ? "" : ` <${(call.duration / 1e9).toFixed(6)}>`;
  return killed ? `${left} <unfinished ...>) = ?` : `${padded} = ${call.ret}${time}`;
}

export function callLine(call: CallRow, lifetime: Lifetime): string {
  return `${call.tid} ${epoch(call.ts, lifetime)} ${printable(callText(call))}`;
}

export function signalLine(s: SignalRow, lifetime: Lifetime): string {
  return printable(`${s.tid} ${epoch(s.ts, lifetime)} --- ${s.name}${s.info ? ` ${s.info}` : ""} ---`);
}

export function deathLine(p: ProcessRow, lifetime: Lifetime): string {
  const how = p.signal === null ? `exited with ${p.status ?? "?"}` : `killed by ${p.signal}`;
  return printable(`${p.tid} ${epoch(p.died!, lifetime)} +++ ${how} +++`);
}

/** Evidence: pid, clock time, the call, how long. */
export function evidenceLine(call: CallRow, lifetime: Lifetime): string {
  const blocked = call.unfinished ? ` <${(call.duration / 1e9).toFixed(6)} so far>` : "";
  const killed = call.ret === "?" && !call.unfinished ? ` <${(call.duration / 1e9).toFixed(6)}>` : "";
  const text = callText(call).replace(/\)\s+= /, ") = ");
  return `[${tidOf(call.tid)}] ${clock(call.ts, lifetime)} ${printable(text)}${blocked}${killed}`;
}

/** Calls of a recording as `strace -f -ttt -T` prints them, and text made safe for a terminal. */
import type { CallRow, Lifetime, ProcessRow, SignalRow } from "../record/model.ts";

const COLUMN = 40;

/**
 * Control characters as escapes, and what is not seen but changes how the rest is shown (direction, line separators,
 * zero width): a path or command name must not drive the reader's terminal, nor look like another.
 */
export function safe(text: string): string {
  return text.replace(UNSEEN, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

const UNSEEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Seconds with six digits since 1970. The whole part is computed apart: the sum does not fit a double. */
export function epoch(ts: number, lifetime: Lifetime): string {
  const base = Math.floor(lifetime.anchor / 1e9);
  const ns = ts + (lifetime.anchor - base * 1e9);
  const micros = Math.floor(ns / 1000);
  return `${base + Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;
}

/** `15:04:05.123` in local time. */
export function clock(ts: number, lifetime: Lifetime): string {
  const date = new Date((ts + lifetime.anchor) / 1e6);
  const two = (n: number) => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
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
  return `${call.tid} ${epoch(call.ts, lifetime)} ${safe(callText(call))}`;
}

export function signalLine(s: SignalRow, lifetime: Lifetime): string {
  return `${s.tid} ${epoch(s.ts, lifetime)} --- ${s.name}${s.info ? ` ${safe(s.info)}` : ""} ---`;
}

export function deathLine(p: ProcessRow, lifetime: Lifetime): string {
  const how = p.signal === null ? `exited with ${p.status ?? "?"}` : `killed by ${p.signal}`;
  return `${p.tid} ${epoch(p.died!, lifetime)} +++ ${how} +++`;
}

/** Evidence: pid, clock time, the call, how long. */
export function evidenceLine(call: CallRow, lifetime: Lifetime): string {
  const blocked = call.unfinished ? ` <${(call.duration / 1e9).toFixed(6)} so far>` : "";
  const killed = call.ret === "?" && !call.unfinished ? ` <${(call.duration / 1e9).toFixed(6)}>` : "";
  const text = callText(call).replace(/\)\s+= /, ") = ");
  return `[${call.tid}] ${clock(call.ts, lifetime)} ${safe(text)}${blocked}${killed}`;
}

/** What lies in `service/supervise/`, byte for byte as daemontools and runit expect it. */
import { packTai64n, unpackTai64n } from "../base/tai.ts";

/** 18 bytes of daemontools, then two of runit: whether TERM was sent, and 0 down, 1 run, 2 finish. */
export const STATUS_SIZE = 20;
const MIN_SIZE = 18;
const PID_AT = 12;
const PAUSED_AT = 16;
const WANT_AT = 17;
const TERM_AT = 18;
const STATE_AT = 19;

export const files = {
  dir: "supervise",
  lock: "supervise/lock",
  control: "supervise/control",
  ok: "supervise/ok",
  status: "supervise/status",
  statusNew: "supervise/status.new",
  extended: "supervise/svtrace.json",
} as const;

export interface Status {
  /** Unix time of the last change of the pid. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** 0 when down. */
  readonly pid: number;
  readonly paused: boolean;
  /** u, d, or nothing after `o`. */
  readonly want: "u" | "d" | "";
  readonly termSent: boolean;
}

export function packStatus(s: Status): Uint8Array {
  const bytes = new Uint8Array(STATUS_SIZE);
  const v = new DataView(bytes.buffer);
  packTai64n(v, 0, s.seconds, s.nanoseconds);
  v.setUint32(PID_AT, s.pid, true);
  bytes[PAUSED_AT] = s.paused ? 1 : 0;
  bytes[WANT_AT] = s.want === "" ? 0 : s.want.charCodeAt(0);
  bytes[TERM_AT] = s.termSent ? 1 : 0;
  bytes[STATE_AT] = s.pid === 0 ? 0 : 1;
  return bytes;
}

/** Undefined if it is too short to be a status. */
export function unpackStatus(bytes: Uint8Array): Status | undefined {
  if (bytes.length < MIN_SIZE) return undefined;
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const want = String.fromCharCode(bytes[WANT_AT]);
  return {
    ...unpackTai64n(v, 0),
    pid: v.getUint32(PID_AT, true),
    paused: bytes[PAUSED_AT] !== 0,
    want: want === "u" || want === "d" ? want : "",
    termSent: bytes.length > TERM_AT && bytes[TERM_AT] === 1,
  };
}

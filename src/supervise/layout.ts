/** What lies in `service/supervise/`, byte for byte as daemontools and runit expect it. */
import { packTai64n, unpackTai64n } from "../base/tai.ts";
import { BOOT_BYTES, bootBytes } from "../kernel/boot.ts";

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
  /** pid, time since boot and the boot's id, written by the child itself just before its exec. */
  child: "supervise/svtrace.child",
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
  /** The pid is that of `finish`. */
  readonly finishing?: boolean;
}

export function packStatus(s: Status): Uint8Array {
  const bytes = new Uint8Array(STATUS_SIZE);
  const v = new DataView(bytes.buffer);
  packTai64n(v, 0, s.seconds, s.nanoseconds);
  v.setUint32(PID_AT, s.pid, true);
  bytes[PAUSED_AT] = s.paused ? 1 : 0;
  bytes[WANT_AT] = s.want === "" ? 0 : s.want.charCodeAt(0);
  bytes[TERM_AT] = s.termSent ? 1 : 0;
  bytes[STATE_AT] = s.pid === 0 ? 0 : s.finishing ? 2 : 1;
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
    finishing: bytes.length > STATE_AT && bytes[STATE_AT] === 2,
  };
}

/** What a child wrote of itself. */
export interface ChildRecord {
  readonly pid: number;
  /** Clock ticks (1/100 s) since boot at which it was alive: it was born then or before. */
  readonly alive: number;
}

const BOOT_AT = 24;

/** Undefined if it is none, or of another boot. */
export function unpackChildRecord(bytes: Uint8Array): ChildRecord | undefined {
  if (bytes.length !== BOOT_AT + BOOT_BYTES) return undefined;
  if (Buffer.compare(bytes.subarray(BOOT_AT), bootBytes()) !== 0) return undefined;
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [pid, seconds, nanoseconds] = [0, 8, 16].map((at) => Number(v.getBigUint64(at, true)));
  return { pid, alive: seconds * 100 + Math.floor(nanoseconds / 1e7) };
}

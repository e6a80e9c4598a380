/**
 * ptrace(2), typed. All requests for a tracee must come from the OS thread that attached, so nothing here is ever
 * called asynchronously.
 */
import { readFileSync } from "node:fs";
import { printable } from "../base/printable.ts";
import { userArea } from "./arch/index.ts";
import { addressOf, errno, libc, sysError } from "./ffi.ts";
import { comm, isKernelThread, status } from "./proc.ts";
import { goesOnLater, goOnLater, syscallWords, takeAnswer } from "./round.ts";

const ptrace = libc("long ptrace(long request, long pid, uintptr_t addr, uintptr_t data)");

const PTRACE_POKEUSER = 6;
const PTRACE_CONT = 7;
const PTRACE_GETREGS = 12;
const PTRACE_DETACH = 17;
const PTRACE_SYSCALL = 24;
const PTRACE_GETEVENTMSG = 0x4201;
const PTRACE_GETSIGINFO = 0x4202;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_LISTEN = 0x4208;
const PTRACE_GET_SYSCALL_INFO = 0x420e;

/** PTRACE_O_*: include/uapi/linux/ptrace.h */
export const options = {
  TRACESYSGOOD: 1,
  TRACEFORK: 2,
  TRACEVFORK: 4,
  TRACECLONE: 8,
  TRACEEXEC: 0x10,
  TRACESECCOMP: 0x80,
  EXITKILL: 0x100000,
} as const;

const EPERM = 1;
const ESRCH = 3;
const EIO = 5;

/** Attaches without stopping. Throws SysError with what to do about a refusal. */
export function seize(pid: number, flags: number): void {
  if (ptrace(PTRACE_SEIZE, pid, 0, flags) !== 0) {
    const code = errno();
    throw sysError(`ptrace(PTRACE_SEIZE, ${pid})`, code, code === EPERM ? refusal(pid) : undefined);
  }
}

/** Why an attach was refused, as far as /proc tells. */
function refusal(pid: number): string | undefined {
  const { state = "", tracer = 0 } = status(pid) ?? {};
  if (/[ZX]/.test(state))
    return `Operation not permitted; process ${pid} has ended, and its parent has not waited for it yet`;
  if (isKernelThread(pid)) return `Operation not permitted; ${pid} is a thread of the kernel's own`;
  if (tracer !== 0) {
    const name = printable(comm(tracer));
    return `Operation not permitted; process ${pid} is already traced by ${name || "process"} ${tracer}`;
  }
  const scope = read("/proc/sys/kernel/yama/ptrace_scope").trim();
  if (scope !== "" && scope !== "0") {
    return `Operation not permitted; kernel.yama.ptrace_scope is ${scope}; run as root or set it to 0`;
  }
  if (process.getuid?.() !== 0)
    return "Operation not permitted; the process belongs to another user; run as root";
  return "Operation not permitted; in a container, add the capability SYS_PTRACE";
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** A request that fails only because the tracee has died or is not stopped: false then. */
function request(nr: number, pid: number, addr: number, data: number | bigint): boolean {
  return ptrace(nr, pid, addr, data) === 0;
}

/** Makes a seized task stop; the stop comes as PTRACE_EVENT_STOP. */
export const interrupt = (pid: number): boolean => request(PTRACE_INTERRUPT, pid, 0, 0);
/** Leaves a task in its group-stop, while still hearing of it. */
export const listen = (pid: number): boolean => request(PTRACE_LISTEN, pid, 0, 0);
/**
 * Continues, delivering `signal`: to the next system call stop, or without stopping at system calls. `later` leaves it
 * to the next look for a status (tracewait's `poll`), which must be what is done next.
 */
export function resume(pid: number, signal: number, toSyscall: boolean, later: boolean): void {
  const nr = toSyscall ? PTRACE_SYSCALL : PTRACE_CONT;
  if (later && !goesOnLater()) goOnLater(nr, pid, signal);
  else request(nr, pid, 0, signal);
}
export const detach = (pid: number, signal: number): boolean => request(PTRACE_DETACH, pid, 0, signal);

const sendSignal = libc("int kill(int pid, int sig)");

/** kill(2); false if there is no such process, or it is not ours to signal. */
export const kill = (pid: number, signal: number): boolean => sendSignal(pid, signal) === 0;

/** Whether the last failed request failed because the task is gone (or not stopped). */
export const isGone = (): boolean => errno() === ESRCH;

const message = new BigUint64Array(1);
const messageAt = addressOf(message);

/** The number that comes with an event stop (child's tid, former tid), or -1. */
export function eventMessage(pid: number): number {
  return request(PTRACE_GETEVENTMSG, pid, 0, messageAt) ? Number(message[0]) : -1;
}

/** struct ptrace_syscall_info (include/uapi/linux/ptrace.h, Linux 5.3), refilled by `syscallInfo`. */
export const info = {
  words: syscallWords,
  /** 0 none, 1 entry, 2 exit, 3 seccomp. */
  op: 0,
};
const bytes = new Uint8Array(info.words.buffer);
const infoAt = addressOf(info.words);
const INFO_SIZE = info.words.byteLength;

/**
 * Fills `info`; false if the task is gone. Throws SysError where the kernel lacks the request. Word offsets: 1 arch, 2-3 ip, 4-5 sp, entry: 6-7 nr, 8-19 args; exit: 6-7
 * return value, 8 is_error.
 */
export function syscallInfo(pid: number): boolean {
  if (!takeAnswer(pid) && ptrace(PTRACE_GET_SYSCALL_INFO, pid, INFO_SIZE, infoAt) <= 0) {
    const code = errno();
    if (code === EIO)
      throw sysError(`ptrace(PTRACE_GET_SYSCALL_INFO, ${pid})`, code, "svtrace needs Linux 5.3");
    return false;
  }
  info.op = bytes[0];
  return true;
}

export const isErrorByte = (): boolean => bytes[32] !== 0;

const SIGINFO_SIZE = 128;
const siginfoBytes = new Uint8Array(SIGINFO_SIZE);
const siginfoAt = addressOf(siginfoBytes);
const siginfoView = new DataView(siginfoBytes.buffer);

/** The siginfo_t of a signal-delivery-stop; undefined in a group-stop (EINVAL). Valid until the next call. */
export function signalInfo(pid: number): DataView | undefined {
  return request(PTRACE_GETSIGINFO, pid, 0, siginfoAt) ? siginfoView : undefined;
}

/** A 64-bit register's value from halves. */
const word = (lo: number, hi: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** At an entry: has the kernel do call `nr` instead, of the tracee's own ABI; none at all for -1. False if it is gone. */
export const replaceCall = (pid: number, nr: number): boolean =>
  request(PTRACE_POKEUSER, pid, userArea.call, word(nr, nr < 0 ? -1 : 0));

/** Sets what the call returns: at its exit, or at its entry if it has been replaced by none. */
export const setResult = (pid: number, lo: number, hi: number): boolean =>
  request(PTRACE_POKEUSER, pid, userArea.result, word(lo, hi));

/** struct user_regs_struct (sys/user.h) as 32-bit halves, which `registers` fills. */
const registerHalves = new Uint32Array(2 * 27);
const registersAt = addressOf(registerHalves);

/**
 * Fills `into` with the words of struct user_regs_struct of a stopped tracee: exact where they are below 2^53, as
 * addresses are. False if it is gone.
 */
export function registers(pid: number, into: Float64Array): boolean {
  if (!request(PTRACE_GETREGS, pid, 0, registersAt)) return false;
  for (let i = 0; i < into.length; i++) into[i] = registerHalves[2 * i] + registerHalves[2 * i + 1] * 2 ** 32;
  return true;
}

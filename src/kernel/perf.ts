/** Perf events that only serve to run a program at intervals (perf_event_open(2)). */
import { closeSync } from "node:fs";
import { addressOf, errno, libc, sysError } from "./ffi.ts";

const syscall = libc("long syscall(long nr, intptr_t attr, long pid, long cpu, long group, long flags)");
const ioctl = libc("int ioctl(int fd, unsigned long request, long arg)");
const NR_PERF_EVENT_OPEN = process.arch === "arm64" ? 241 : 298;
const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_CPU_CLOCK = 0n;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_SET_BPF = 0x40042408;
/** Bit of struct perf_event_attr's flags: sample_freq is a frequency. */
const FREQ = 1n << 10n;
const ATTR_SIZE = 128;
const ENODEV = 19;

/**
 * Runs the BPF program `program` on CPU `cpu` so many times a second while it is not idle. Returns the descriptor that
 * keeps it going, -1 for a CPU that is offline. Throws SysError.
 */
export function runAtFrequency(program: number, cpu: number, frequency: number): number {
  const attr = new DataView(new ArrayBuffer(ATTR_SIZE));
  attr.setUint32(0, PERF_TYPE_SOFTWARE, true);
  attr.setUint32(4, ATTR_SIZE, true);
  attr.setBigUint64(8, PERF_COUNT_SW_CPU_CLOCK, true);
  attr.setBigUint64(16, BigInt(frequency), true);
  attr.setBigUint64(40, FREQ, true);
  const fd = Number(syscall(NR_PERF_EVENT_OPEN, addressOf(attr), -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0) {
    const code = errno();
    if (code === ENODEV) return -1;
    throw sysError(`perf_event_open(cpu clock, CPU ${cpu})`, code);
  }
  if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) === 0) return fd;
  const error = sysError("ioctl(PERF_EVENT_IOC_SET_BPF)");
  closeSync(fd);
  throw error;
}

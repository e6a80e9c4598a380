/** What this machine allows: each answer with its reason, looked up once and remembered. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { libc } from "./ffi.ts";

export interface Probe {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do about a no. */
  readonly remedy?: string;
}

const syscall = libc("long syscall(long nr, long a, long b, long c, long d)");
const NR_PIDFD_OPEN = 434;
const NR_PROCESS_VM_READV = 310;
const NR_SECCOMP = 317;
const NR_CLOSE = 3;
const SECCOMP_GET_ACTION_AVAIL = 2;
const CAP_SYS_PTRACE = 19;

let remembered: readonly Probe[] | undefined;

/** All probes, in the order a person would ask. */
export function probes(): readonly Probe[] {
  remembered ??= [platform(), kernel(), scope(), capability(), memory(), filters(), pidfd(), cgroup()];
  return remembered;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return undefined;
  }
}

function platform(): Probe {
  return {
    name: "machine",
    ok: process.arch === "x64",
    found: `${process.platform} ${process.arch}, Node ${process.version}`,
    remedy: "svtrace traces on x86-64 only",
  };
}

/** PTRACE_GET_SYSCALL_INFO came with Linux 5.3. */
function kernel(): Probe {
  const release = text("/proc/sys/kernel/osrelease") ?? "unknown";
  const [major, minor] = release.split(".").map(Number);
  return {
    name: "kernel",
    ok: major > 5 || (major === 5 && minor >= 3),
    found: release,
    remedy: "the ptrace engine needs Linux 5.3 or newer",
  };
}

function scope(): Probe {
  const value = text("/proc/sys/kernel/yama/ptrace_scope");
  const names: Record<string, string> = { "0": "off", "1": "children only", "2": "root only", "3": "nobody" };
  return {
    name: "yama ptrace_scope",
    ok: value === undefined || value === "0" || (value !== "3" && process.getuid?.() === 0),
    found: value === undefined ? "not in this kernel" : `${value} (${names[value] ?? "unknown"})`,
    remedy: "attaching with -p needs root or sysctl kernel.yama.ptrace_scope=0; starting commands works",
  };
}

function capability(): Probe {
  const effective = BigInt(`0x${/^CapEff:\t(\w+)/m.exec(text("/proc/self/status") ?? "")?.[1] ?? "0"}`);
  const has = (effective >> BigInt(CAP_SYS_PTRACE)) & 1n;
  return {
    name: "CAP_SYS_PTRACE",
    ok: has === 1n,
    found: has ? "held" : "not held",
    remedy: "only your own processes can be attached to; run as root, or give a container the capability",
  };
}

function memory(): Probe {
  const ok = syscall(NR_PROCESS_VM_READV, process.pid, 0, 0, 0) >= 0;
  return {
    name: "process_vm_readv",
    ok,
    found: ok ? "works" : "refused",
    remedy: "memory is read through /proc instead: slower",
  };
}

function filters(): Probe {
  const action = Uint32Array.of(0x7ff00000);
  const ok = existsSync("/proc/sys/kernel/seccomp") && trial(action);
  return {
    name: "seccomp RET_TRACE",
    ok,
    found: ok ? "works" : "missing",
    remedy: "--seccomp-bpf is not available",
  };
}

function trial(action: Uint32Array): boolean {
  const call = libc("long syscall(long nr, long op, long flags, void *args)");
  return call(NR_SECCOMP, SECCOMP_GET_ACTION_AVAIL, 0, action) === 0;
}

function pidfd(): Probe {
  const fd = syscall(NR_PIDFD_OPEN, process.pid, 0, 0, 0);
  if (fd >= 0) syscall(NR_CLOSE, fd, 0, 0, 0);
  return { name: "pidfd", ok: fd >= 0, found: fd >= 0 ? "works" : "missing", remedy: "needs Linux 5.3" };
}

function cgroup(): Probe {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(text("/proc/mounts") ?? "")?.[1];
  let ok = false;
  try {
    if (mount) accessSync(mount, constants.W_OK);
    ok = mount !== undefined;
  } catch {
    // not ours to write
  }
  return {
    name: "cgroup v2",
    ok,
    found: mount === undefined ? "not mounted" : `${mount}${ok ? ", writable" : ", read-only"}`,
    remedy: "services are not put into cgroups",
  };
}

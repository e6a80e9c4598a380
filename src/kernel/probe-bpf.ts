/** What the bpf engine needs, found out by trying each thing alone. */
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { SysError } from "../base/errors.ts";
import * as bpf from "./bpf.ts";
import { kernelBtf } from "./btf.ts";
import type { Probe } from "./probe.ts";
import { callBackFunction } from "./task-work.ts";
import { FORBIDDEN, openTask } from "./thread-fd.ts";

const CAPABILITIES = { SYS_ADMIN: 21, PERFMON: 38, BPF: 39 } as const;
/** mov r0, 0; exit. */
const NOTHING = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
/** Inode of the host's pid namespace (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
const HOST_PIDS = "pid:[4026531836]";
const RING_BYTES = 4096;

const PRIVILEGE =
  "run as root, or give the program the capabilities BPF and PERFMON (setcap, or the container's)";

/** In the order a person would ask. */
export function bpfProbes(): Probe[] {
  return [
    capabilities(),
    lockdown(),
    types(),
    trial("bpf maps", "bpf(2) is forbidden or missing", () => map(bpf.mapTypes.array, 4, 4, 1)),
    trial("bpf ring buffer", "needs Linux 5.8", () => map(bpf.mapTypes.ringBuffer, 0, 0, RING_BYTES)),
    trial("bpf attach", "tracing programs on tracepoints need Linux 5.5 and type information", attach),
    threadFds(),
    callBacks(),
    perf(),
    container(),
  ];
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return undefined;
  }
}

function capabilities(): Probe {
  const effective = BigInt(`0x${/^CapEff:\t(\w+)/m.exec(text("/proc/self/status") ?? "")?.[1] ?? "0"}`);
  const has = (bit: number) => ((effective >> BigInt(bit)) & 1n) === 1n;
  const missing = has(CAPABILITIES.SYS_ADMIN)
    ? []
    : (["BPF", "PERFMON"] as const).filter((c) => !has(CAPABILITIES[c]));
  return {
    name: "CAP_BPF, PERFMON",
    ok: missing.length === 0,
    found: missing.length === 0 ? "held" : `${missing.join(" and ")} not held`,
    remedy: `for the bpf engine ${PRIVILEGE}`,
  };
}

function lockdown(): Probe {
  const mode = /\[(\w+)\]/.exec(text("/sys/kernel/security/lockdown") ?? "")?.[1];
  return {
    name: "kernel lockdown",
    ok: mode !== "confidentiality",
    found: mode ?? "not in this kernel",
    remedy:
      "the kernel reads no memory for bpf programs: boot with lockdown=integrity, or without Secure Boot",
  };
}

function types(): Probe {
  const path = "/sys/kernel/btf/vmlinux";
  const ok = existsSync(path);
  const remedy = existsSync("/sys/kernel")
    ? "the kernel was built without CONFIG_DEBUG_INFO_BTF: use a distribution's kernel"
    : "/sys is not mounted here: mount it, read-only will do";
  return { name: "kernel types (BTF)", ok, found: ok ? path : "missing", remedy };
}

function map(type: number, keySize: number, valueSize: number, maxEntries: number): void {
  bpf.release(bpf.createMap({ name: "svtrace_probe", type, keySize, valueSize, maxEntries }).fd);
}

function attach(): void {
  const attachTo = kernelBtf().tracepoint("sched_process_exit");
  const program = bpf.loadProgram({
    name: "svtrace_probe",
    type: bpf.programTypes.tracing,
    code: NOTHING,
    attachTo,
  });
  try {
    bpf.release(bpf.attachTracepoint(program, "sched_process_exit"));
  } finally {
    bpf.release(program);
  }
}

/** Tries; a refusal is the finding, and `refused` the remedy against EPERM. */
function trial(name: string, remedy: string, attempt: () => void, refused = PRIVILEGE): Probe {
  try {
    attempt();
    return { name, ok: true, found: "works" };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return { name, ok: false, found: error.code, remedy: error.code === "EPERM" ? refused : remedy };
  }
}

/** Without them threads are found by an iterator; what they are in the middle of cannot be looked at. */
function threadFds(): Probe {
  const tried = trial("thread pidfd", FORBIDDEN, () => bpf.release(openTask(process.pid)), FORBIDDEN);
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text("/proc/sys/kernel/osrelease") ?? "") ?? [];
  if (!tried.ok || Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 9)) return tried;
  return {
    ...tried,
    ok: false,
    found: "missing",
    remedy: "Linux 6.9: before it, calls that threads other than the first are in are shown once they return",
  };
}

/** Without them the returns of all calls are seen to find the slow ones. */
function callBacks(): Probe {
  const ok = existsSync("/sys/kernel/btf/vmlinux") && callBackFunction() > 0;
  return {
    name: "bpf task work",
    ok,
    found: ok ? "there" : "missing",
    remedy: "Linux 6.18 on x86-64: elsewhere --slower-than has to see the returns of all calls",
  };
}

function perf(): Probe {
  const level = text("/proc/sys/kernel/perf_event_paranoid");
  const privileged = capabilities().ok;
  return {
    name: "perf_event_paranoid",
    ok: privileged || level === undefined || Number(level) < 2,
    found: level ?? "no perf events in this kernel",
    remedy: "CPU samples need the capability PERFMON, or sysctl kernel.perf_event_paranoid=1",
  };
}

function container(): Probe {
  let ours = HOST_PIDS;
  try {
    ours = readlinkSync("/proc/self/ns/pid");
  } catch {
    // /proc is not mounted, which other probes tell
  }
  const kind = existsSync("/run/.containerenv") ? "podman" : existsSync("/.dockerenv") ? "docker" : undefined;
  const inside = ours !== HOST_PIDS;
  return {
    name: "container",
    ok: !inside,
    found: inside ? `${kind ?? "own"} pid namespace` : kind ? `${kind}, pids of the host` : "none",
    remedy: "--all and --cgroup see this container's processes only: run svtrace on the host to see others",
  };
}

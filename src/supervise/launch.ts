/** Starting `run` and `finish`: what a child gets from us. */
import { closeSync } from "node:fs";
import { release } from "node:os";
import type { Cgroup } from "../kernel/cgroup.ts";
import { inheritedFds, openNumbers } from "../kernel/fds.ts";
import { ChildScript, type Spawned } from "../kernel/spawn.ts";
import { handedFds, ownEnvironment } from "./handed.ts";
import type { Notification } from "./notification.ts";
import type { ServiceFiles } from "./service-files.ts";

/** What our children inherit, looked up before we open anything. */
let passed: readonly number[] | undefined;
let environment: readonly Uint8Array[] | undefined;

/** Notes what we were started with; before we open any descriptor. */
export function noteInheritance(): void {
  passed ??= inheritedFds(handedFds());
  environment ??= ownEnvironment();
}

/** close_range(2) came with Linux 5.9. */
const closesRanges = ((major: number, minor: number) => major > 5 || (major === 5 && minor >= 9))(
  ...(release().split(".").map(Number) as [number, number]),
);

/** Closes what is ours; 0 to 2 and `kept` are the child's. */
function closeOurs(script: ChildScript, kept: readonly number[]): void {
  if (!closesRanges) {
    for (const fd of openNumbers()) if (fd > 2 && !kept.includes(fd)) script.close(fd);
    return;
  }
  let first = 3;
  for (const fd of kept.filter((fd) => fd > 2).sort((a, b) => a - b)) {
    if (fd > first) script.closeFrom(first, fd - 1);
    first = fd + 1;
  }
  script.closeFrom(first);
}

export interface Launch {
  readonly files: ServiceFiles;
  /** Program and arguments; found in the service's directory. */
  readonly argv: readonly string[];
  /** Descriptors for stdin and stdout, if they are not ours. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly cgroup?: Cgroup;
  /** Leads a process group of its own. */
  readonly group?: boolean;
  /** It stops itself before its exec. */
  readonly stopped?: boolean;
  readonly notification?: Notification;
}

/** Children that may still be in our memory, before their exec. */
let starting: Spawned[] = [];
let sweeping = false;
const SWEEP_MS = 50;

/** Frees what children needed that are out of our memory; whose exec failed keeps it until its end is known. */
function sweep(): void {
  for (const child of starting) if (child.left() && !child.failure()) child.release();
  starting = starting.filter((child) => !child.left());
  sweeping = false;
  if (starting.length > 0) sweepSoon();
}

function sweepSoon(): void {
  if (!sweeping) setTimeout(sweep, SWEEP_MS);
  sweeping = true;
}

/** Returns before its exec, which may fail: see `failure` when it has ended. Throws SysError if there are no processes. */
export function launch(options: Launch): Spawned {
  const { files, argv, stdin, stdout, stopped = false, notification } = options;
  const script = new ChildScript().inherit(passed!).awaitsChildren();
  if (stdin !== undefined) script.dup2(stdin, 0);
  if (stdout !== undefined) script.dup2(stdout, 1);
  if (options.group) script.setpgid(0);
  script.chdir(files.childDir);
  const record = files.openChildRecord();
  if (record >= 0) script.recordStart(record);
  const cgroup = options.cgroup?.open();
  try {
    const told = notification?.passTo(script);
    // our locks above all: they are held while anybody has a copy, and its stop, or its exec, may outlast us
    closeOurs(script, told === undefined ? passed! : [...passed!, told]);
    if (stopped) script.stop();
    script.execve(argv[0], argv, [...environment!, ...(notification?.environment ?? [])]);
    const child = script.spawn({ waitForExec: false, cgroup });
    starting.push(child);
    sweepSoon();
    return child;
  } finally {
    notification?.passed();
    for (const fd of [record, cgroup ?? -1]) if (fd >= 0) closeSync(fd);
  }
}

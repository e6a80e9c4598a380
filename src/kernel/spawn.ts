/**
 * Starting programs. Node cannot fork, and posix_spawn cannot stop a child before its exec, join it to a session
 * or pass arbitrary bytes, so a child is described as a list of system calls and run by a few bytes of machine
 * code (see arch/). Everything a child does before execve is visible here as data.
 */

import { SysError } from "../base/errors.ts";
import { childRunner, childRunner3, nr } from "./arch/index.ts";
import { bootBytes } from "./boot.ts";
import { machineCode } from "./code.ts";
import { addressOf, errnoName, errnoText, libc } from "./ffi.ts";
import { inherited, wasOpen } from "./inherited.ts";
import { inheritedFileLimit, resources } from "./limits.ts";
import { CStringArray, cString, type Mapping, mapAnonymous, unmap } from "./memory.ts";
import { startingEnvironment } from "./own-memory.ts";

const STEP_WORDS = 9;
const STEP_IGNORE = 1;
const STEP_PARENT_LEAVES = 2;
const STEP_FIRST_IS_PREVIOUS = 4;

const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const CLONE_CHILD_CLEARTID = 0x200000;
const CLONE_INTO_CGROUP = 1n << 33n;
/** struct clone_args of Linux 5.7: flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls, set_tid, its size, cgroup. */
const CLONE_ARGS_WORDS = 11;
const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
const CLOCK_BOOTTIME = 7;
const SIG_IGN = 1n;
const SIGKILL = 9;
const SIGCHLD = 17;
const SIGSTOP = 19;
const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
const SIG_SETMASK = 2;
const NSIG = 64;
const STACK_BYTES = 16384;
const F_SETFD = 2;
const LAST_FD = 0xffffffff;
const PR_SET_PDEATHSIG = 1;

const sigprocmask = libc("int pthread_sigmask(int how, void *set, void *oldset)");

type Runner = (steps: Uint8Array, second: number, third: number, childTid: number) => number;

/** With clone(2), and with clone3(2). */
let runners: readonly [Runner, Runner] | undefined;

function loadRunners(): NonNullable<typeof runners> {
  const load = (code: Uint8Array, name: string) =>
    machineCode(
      code,
      `long ${name}(void *steps, uintptr_t second, uintptr_t third, uintptr_t childTid)`,
    ) as Runner;
  runners ??= [load(childRunner, "svtrace_run_child"), load(childRunner3, "svtrace_run_child3")];
  return runners;
}

/**
 * Clones the child that runs `steps`: its pid, or -errno. Where clone3 is forbidden (seccomp filters of older container
 * runtimes) the child stays in our cgroup.
 */
function clone(
  steps: Uint8Array,
  stack: Mapping,
  flags: number,
  childTid: number,
  cgroup: number | undefined,
): number {
  const [plain, withArguments] = loadRunners();
  if (cgroup !== undefined) {
    const args = new BigUint64Array(CLONE_ARGS_WORDS);
    args[0] = BigInt(flags) | CLONE_INTO_CGROUP;
    args[2] = BigInt(childTid);
    args[4] = BigInt(SIGCHLD);
    args[5] = BigInt(stack.address);
    args[6] = BigInt(stack.length);
    args[10] = BigInt(cgroup);
    const pid = Number(withArguments(steps, addressOf(args), args.byteLength, 0));
    if (pid > 0 || ![EPERM, ENOSYS, EINVAL].includes(-pid)) return pid;
  }
  return Number(plain(steps, stack.address + stack.length, flags | SIGCHLD, childTid));
}

interface Step {
  readonly name: string;
  readonly nr: number;
  readonly args: readonly (number | bigint)[];
  readonly mode: number;
}

/** A started child. */
export interface Spawned {
  readonly pid: number;
  /** Call once the child is known to have exec'd or died; with `waitForExec` it has been done already. */
  release(): void;
  /** Whether it has exec'd or died, so that `release` may be called. */
  left(): boolean;
  /** The step that failed, for a child that was not waited for and has died; undefined if it exec'd, or once released. */
  failure(): SysError | undefined;
}

export interface SpawnOptions {
  readonly waitForExec?: boolean;
  /** Descriptor of the directory of the cgroup (version 2) the child begins in. */
  readonly cgroup?: number;
}

/**
 * What a child does between clone and exec, in order. Every method returns `this`. Whatever the script says, the child
 * gets the signals and the limit on open files that we were started with.
 */
export class ChildScript {
  private readonly steps: Step[] = [];
  private readonly keep: unknown[] = [];
  /** What is filled in when the addresses of the steps' results are known. */
  private readonly fixups: ((resultAt: (step: number) => number) => void)[] = [];

  private add(name: string, number: number, args: readonly (number | bigint)[], mode = 0): this {
    this.steps.push({ name, nr: number, args, mode });
    return this;
  }

  private pin(value: string | Uint8Array): number {
    const bytes = cString(value);
    this.keep.push(bytes);
    return addressOf(bytes);
  }

  setsid(): this {
    return this.add("setsid()", nr.setsid, []);
  }

  /** setpgid(0, pgid); 0 makes the child leader of a new group. */
  setpgid(pgid = 0): this {
    return this.add(`setpgid(0, ${pgid})`, nr.setpgid, [0, pgid]);
  }

  /** Forks; the child this script started with leaves at once with status 0 and the rest runs in the grandchild. */
  forkAndLeave(): this {
    return this.add("fork()", nr.fork, [], STEP_PARENT_LEAVES);
  }

  /** Makes `target` refer to `source`, inherited across exec. */
  dup2(source: number, target: number): this {
    if (source === target) return this.add(`fcntl(${source}, F_SETFD)`, nr.fcntl, [source, F_SETFD, 0]);
    return this.add(`dup2(${source}, ${target})`, nr.dup2, [source, target]);
  }

  /** Lets the child keep these descriptors (Node marks everything it inherits close-on-exec), if they are open for us. */
  inherit(fds: readonly number[]): this {
    for (const fd of fds)
      if (fd > 2 || wasOpen(fd) !== false)
        this.add(`fcntl(${fd}, F_SETFD)`, nr.fcntl, [fd, F_SETFD, 0], STEP_IGNORE);
    return this;
  }

  close(fd: number): this {
    return this.add(`close(${fd})`, nr.close, [fd], STEP_IGNORE);
  }

  /** Closes every descriptor from `first` up, or up to `last`; before Linux 5.9 none. */
  closeFrom(first: number, last = LAST_FD): this {
    return this.add(`close_range(${first})`, nr.close_range, [first, last, 0], STEP_IGNORE);
  }

  /** Opens `path` (flags as in open(2)) as descriptor `target`, which must be the lowest free one or be dup2'ed. */
  openAs(path: string, flags: number, target: number): this {
    const AT_FDCWD = -100;
    this.close(target);
    return this.add(`open(${path})`, nr.openat, [AT_FDCWD, this.pin(path), flags, 0o666]);
  }

  chdir(path: string | Uint8Array): this {
    return this.add(`chdir(${path})`, nr.chdir, [this.pin(path)]);
  }

  umask(mask: number): this {
    return this.add("umask()", nr.umask, [mask], STEP_IGNORE);
  }

  setgroups(groups: readonly number[]): this {
    const list = Uint32Array.from(groups.length > 0 ? groups : [0]);
    this.keep.push(list);
    return this.add(`setgroups(${groups.join(", ")})`, nr.setgroups, [groups.length, addressOf(list)]);
  }

  setgid(gid: number): this {
    return this.add(`setgid(${gid})`, nr.setgid, [gid]);
  }

  setuid(uid: number): this {
    return this.add(`setuid(${uid})`, nr.setuid, [uid]);
  }

  /** Sets a resource limit of the child (RLIMIT_* number, bytes or counts as in setrlimit(2)). */
  rlimit(resource: number, soft: number | bigint, hard: number | bigint): this {
    const limit = BigUint64Array.of(BigInt.asUintN(64, BigInt(soft)), BigInt.asUintN(64, BigInt(hard)));
    this.keep.push(limit);
    return this.add(`setrlimit(${resource})`, nr.prlimit64, [0, resource, addressOf(limit), 0]);
  }

  /** SIGCHLD neither ignored nor blocked, whatever we were started with: a child that cannot wait for its own is no use. */
  awaitsChildren(): this {
    const [action, mask] = [new BigUint64Array(4), BigUint64Array.of(1n << BigInt(SIGCHLD - 1))];
    this.keep.push(action, mask);
    this.add("rt_sigaction()", nr.rt_sigaction, [SIGCHLD, addressOf(action), 0, 8]);
    return this.add("rt_sigprocmask()", nr.rt_sigprocmask, [SIG_UNBLOCK, addressOf(mask), 0, 8]);
  }

  /** The child gets `signal` when the thread that started it ends. */
  parentDeathSignal(signal: number): this {
    return this.add("prctl(PR_SET_PDEATHSIG)", nr.prctl, [PR_SET_PDEATHSIG, signal]);
  }

  /** The child stops itself; SIGCONT (or a tracer) lets it go on to the next step. */
  stop(): this {
    this.add("getpid()", nr.getpid, []);
    return this.add("kill(self, SIGSTOP)", nr.kill, [0, SIGSTOP], STEP_FIRST_IS_PREVIOUS);
  }

  /** Any other system call; `keepAlive` holds what its arguments point to. */
  syscall(name: string, number: number, args: readonly (number | bigint)[], keepAlive?: unknown): this {
    if (keepAlive !== undefined) this.keep.push(keepAlive);
    return this.add(name, number, args);
  }

  /**
   * The child writes its pid and the time since boot (CLOCK_BOOTTIME: seconds, nanoseconds), 8 bytes each, and the id of
   * the boot (16) to `fd`: who reads that knows the process even if we die before we do.
   */
  recordStart(fd: number): this {
    const time = new BigUint64Array(2);
    const boot = bootBytes();
    const vectors = BigUint64Array.from([0, 8, addressOf(time), 16, addressOf(boot), boot.length], BigInt);
    this.keep.push(time, boot, vectors);
    this.add("clock_gettime()", nr.clock_gettime, [CLOCK_BOOTTIME, addressOf(time)]);
    const getpid = this.steps.length;
    this.add("getpid()", nr.getpid, []);
    this.fixups.push((resultAt) => {
      vectors[0] = BigInt(resultAt(getpid));
    });
    return this.add(
      `pwritev(${fd})`,
      nr.pwritev,
      [fd, addressOf(vectors), vectors.length / 2, 0],
      STEP_IGNORE,
    );
  }

  execve(
    path: string | Uint8Array,
    argv: readonly (string | Uint8Array)[],
    env: readonly (string | Uint8Array)[] = environment(),
  ): this {
    const args = new CStringArray(argv);
    const vars = new CStringArray(env);
    this.keep.push(args, vars);
    return this.add(`execve(${path})`, nr.execve, [this.pin(path), args.address, vars.address]);
  }

  /**
   * Starts the child. With `waitForExec` (default) returns when it has exec'd and throws a SysError naming the
   * step that failed. Without it, returns at once: needed when the script stops itself.
   */
  spawn({ waitForExec = true, cgroup }: SpawnOptions = {}): Spawned {
    // A signal must not run a handler of ours in a child that shares our memory.
    const all = new BigUint64Array([~0n & 0xffffffffffffffffn]);
    const old = new BigUint64Array(1);
    const script = new ChildScript();
    const dfl = new BigUint64Array(4);
    const ign = BigUint64Array.of(SIG_IGN, 0n, 0n, 0n);
    script.keep.push(dfl, ign);
    for (let sig = 1; sig <= NSIG; sig++) {
      if (sig === SIGKILL || sig === SIGSTOP) continue;
      const action = inherited?.ignored.has(sig) ? ign : dfl;
      script.add("rt_sigaction()", nr.rt_sigaction, [sig, addressOf(action), 0, 8], STEP_IGNORE);
    }
    const mask = BigUint64Array.of(inherited?.blocked ?? 0n);
    script.keep.push(mask);
    script.add("rt_sigprocmask()", nr.rt_sigprocmask, [SIG_SETMASK, addressOf(mask), 0, 8]);
    const files = inheritedFileLimit();
    if (files) script.rlimit(resources.NOFILE, files.soft, files.hard);
    const steps = [...script.steps, ...this.steps];
    const memory = new BigInt64Array((steps.length + 1) * STEP_WORDS);
    for (const [i, step] of steps.entries()) {
      memory[i * STEP_WORDS] = BigInt(step.nr);
      for (const [k, arg] of step.args.entries()) memory[i * STEP_WORDS + 1 + k] = BigInt(arg);
      memory[i * STEP_WORDS + 7] = BigInt(step.mode);
    }
    memory[steps.length * STEP_WORDS] = BigInt(nr.exit);
    const stack = mapAnonymous(STACK_BYTES);
    const base = addressOf(memory);
    for (const fix of this.fixups)
      fix((i) => base + ((script.steps.length + i) * STEP_WORDS + 8) * memory.BYTES_PER_ELEMENT);
    sigprocmask(SIG_BLOCK, all, old);
    const flags = CLONE_VM | CLONE_CHILD_CLEARTID | (waitForExec ? CLONE_VFORK : 0);
    // the kernel clears it when the child leaves our memory, by exec or death
    const inside = Int32Array.of(1);
    const pid = clone(new Uint8Array(memory.buffer), stack, flags, addressOf(inside), cgroup);
    sigprocmask(SIG_SETMASK, old, null);
    const held: { stack?: Mapping; keep?: unknown } = {
      stack,
      keep: [this.keep, script.keep, memory, inside],
    };
    const release = () => {
      if (held.stack) unmap(held.stack);
      held.stack = undefined;
      held.keep = undefined;
    };
    if (pid < 0) {
      release();
      throw new SysError("clone()", -pid, errnoName(-pid), errnoText(-pid));
    }
    const failure = () => {
      if (!held.stack) return undefined;
      const failed = steps.findIndex((s, i) => !(s.mode & STEP_IGNORE) && memory[i * STEP_WORDS + 8] < 0n);
      if (failed < 0) return undefined;
      const code = -Number(memory[failed * STEP_WORDS + 8]);
      return new SysError(steps[failed].name, code, errnoName(code), errnoText(code));
    };
    if (waitForExec) {
      const failed = failure();
      release();
      if (failed) {
        reap(pid);
        throw failed;
      }
    }
    const left = () => Atomics.load(inside, 0) === 0;
    return { pid, release, left, failure };
  }
}

const wait4 = libc("int wait4(int pid, void *status, int options, void *rusage)");

function reap(pid: number): void {
  wait4(pid, null, 0, null);
}

/** Our environment as NAME=value entries: byte for byte what we were started with, if that is known. */
export function environment(): (string | Uint8Array)[] {
  if (inherited) return startingEnvironment();
  return Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
}

/** A scan directory: every service in it, each with its logger, supervised by this one process. */
import { createHash } from "node:crypto";
import { existsSync, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "../base/bytes.ts";
import { tell } from "../base/stderr.ts";
import { ownCgroup } from "../kernel/cgroup.ts";
import { becomeSubreaper } from "../kernel/children.ts";
import { holderOf } from "../kernel/locks.ts";
import { commOf } from "../kernel/tasks.ts";
import { words } from "./chain.ts";
import { aliveOf, readExtended } from "./extended.ts";
import { fault } from "./fault.ts";
import { noteInheritance } from "./launch.ts";
import { files } from "./layout.ts";
import { closeUnclaimed, LogPipe } from "./log-pipe.ts";
import { findCycles } from "./needs.ts";
import { RecorderProcess } from "./recorder-process.ts";
import { Service } from "./service.ts";
import { isDirectory, lastChildOf, Refused } from "./service-files.ts";
import { DEFAULTS } from "./settings.ts";
import type { SharedLogging } from "./shared-logging.ts";

/** What could not be had, or has left, is tried again after this long (ms), as svscan does. */
const RETRY_MS = 5000;
/** The first time sooner: a supervisor that has just been killed may still hold a lock. */
const FIRST_RETRY_MS = 100;
/** Changes come in bursts: a directory is looked at when this long has passed since the first (ms). */
const SETTLE_MS = 20;
const MAX_SERVICES = 1000;
/** Stopping that takes longer than this (ms) says whom it waits for. */
const PATIENCE_MS = 5000;
const POLL_MS = 10;

interface Entry {
  readonly name: string;
  readonly service: Service;
  logger: Service | undefined;
  /** The log pipe stays open here, so that neither side sees the other die. */
  pipe: LogPipe | undefined;
  /** The log directory, if its pipe is read by the shared logger. */
  shared: string | undefined;
  /** Still in the directory. */
  active: boolean;
}

export interface ScanOptions {
  /** What messages begin with. */
  readonly program: string;
  /** The same for messages on the directory itself, if that is another name. */
  readonly scanner?: string;
  /** Start a recorder with this command and use it. */
  readonly recorder?: { readonly command: readonly string[] };
  readonly logging?: SharedLogging;
  /** Names as messages have them; the originals print any byte. */
  readonly shown?: (text: string) => string;
}

/** Where the cgroups of the services of a directory are; undefined where there are none to be had. */
export function cgroupBase(dir: string): string | undefined {
  const own = ownCgroup();
  const s = statSync(bytesOf(dir));
  const id = createHash("sha256").update(`${s.dev}:${s.ino}`).digest("hex").slice(0, 8);
  return own && join(own, `svtrace-${id}`);
}

export class ScanDirectory {
  private readonly entries = new Map<string, Entry>();
  private readonly recorder: RecorderProcess | undefined;
  private readonly cgroups: string | undefined;
  private watcher: FSWatcher | undefined;
  private retry: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private changed = false;
  private retries = 0;
  private stopping = false;
  /** What is in the directory has been looked at. */
  begun = false;
  /** Names that were said to lead nowhere. */
  private readonly told = new Set<string>();
  /** Why services could not be taken up, though it was tried again. */
  private readonly refused = new Map<Service, string>();
  /** Called when the state of a service has changed. */
  onChange: (() => void) | undefined;

  constructor(
    readonly dir: string,
    private readonly options: ScanOptions,
  ) {
    noteInheritance();
    this.cgroups = cgroupBase(dir);
    if (options.recorder) {
      const warn = (text: string) => this.say(text);
      const wanted = () => this.anyTraced();
      this.recorder = new RecorderProcess(join(dir, ".svtrace"), options.recorder.command, warn, wanted);
    }
  }

  /** All services, loggers apart. */
  get services(): Service[] {
    return [...this.entries.values()].map((e) => e.service);
  }

  /** What is wrong with a service: it failed, or could not be taken up. */
  failureOf(service: Service): string | null {
    return service.failed ?? this.refused.get(service) ?? null;
  }

  get pipes(): LogPipe[] {
    return [...this.entries.values()].flatMap((e) => e.pipe ?? []);
  }

  /** The service with this name, or with this name and `/log` its logger. */
  find(name: string): Service | undefined {
    const entry = [...this.entries.values()].find((e) => e.name === name.replace(/\/log$/, ""));
    return name.endsWith("/log") ? entry?.logger : entry?.service;
  }

  /** Begins supervising; resolves when the services there now have been started. */
  async start(): Promise<void> {
    await this.recorder?.start();
    // before the first look, so that nothing that comes after it is missed
    try {
      this.watcher = watch(this.dir, () => this.scanSoon());
      this.watcher.on("error", () => this.watchByLooking());
    } catch {
      this.watchByLooking();
    }
    this.scan(true);
    closeUnclaimed();
    this.begun = true;
    this.changeSoon();
  }

  /** Where changes of the directory are not told. */
  private watchByLooking(): void {
    this.watcher?.close();
    setInterval(() => this.scan(true), RETRY_MS);
  }

  private scanSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.scan(false);
    }, SETTLE_MS);
  }

  /** Takes up what is new; with `retry` also what could not be had before, and what has left with `x`. */
  private scan(retry: boolean): void {
    if (this.stopping) return;
    let names: string[];
    try {
      names = readdirSync(bytesOf(this.dir), "buffer").map(textOf);
    } catch (error) {
      this.sayAsScanner(`warning: unable to read directory: ${words(error)}`);
      this.retryLater();
      return;
    }
    for (const entry of this.entries.values()) entry.active = false;
    const pending: Service[] = [];
    for (const name of names) {
      if (name.startsWith(".") || !this.isService(name)) continue;
      const { entry, fresh } = this.entryFor(name);
      if (!entry) continue;
      entry.active = true;
      if (!fresh && !retry) continue;
      for (const one of [entry.logger, entry.service]) if (one && !one.supervised) pending.push(one);
    }
    for (const key of this.entries.keys()) this.forget(key);
    this.findCycles();
    for (const one of pending) this.open(one);
  }

  /** Services are known by device and inode: a renamed link is the same service. */
  private entryFor(name: string): { entry?: Entry; fresh: boolean } {
    const dir = join(this.dir, name);
    const s = statSync(bytesOf(dir), { throwIfNoEntry: false });
    if (!s) return { fresh: false };
    const key = `${s.dev}:${s.ino}`;
    const known = this.entries.get(key);
    if (known) return { entry: known, fresh: false };
    if (this.entries.size >= MAX_SERVICES) {
      this.say(`warning: unable to start supervise ${name}: running too many services`);
      return { fresh: false };
    }
    try {
      const entry = this.makeEntry(key, name, dir);
      this.entries.set(key, entry);
      return { entry, fresh: true };
    } catch (error) {
      // no descriptor, or no memory, is left: there may be later
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      this.sayNoPipe(name, error);
      this.retryLater();
      return { fresh: false };
    }
  }

  private makeEntry(key: string, name: string, dir: string): Entry {
    const service = new Service(dir, {
      ...this.commonOptions(key, name),
      log: () => entry.pipe,
      beforeStart: () => this.lookForLog(key, entry),
      recorder: this.recorder?.link,
      missing: (needs) => this.missing(needs),
    });
    const entry: Entry = {
      name,
      service,
      logger: undefined,
      pipe: undefined,
      shared: undefined,
      active: true,
    };
    this.addLogger(key, entry);
    return entry;
  }

  private commonOptions(key: string, label: string) {
    return {
      program: this.options.program,
      label: this.shown(label),
      defaults: join(this.dir, DEFAULTS),
      cgroup: this.cgroups && join(this.cgroups, label.replace("/", ":")),
      onGone: () => this.left(key),
      onChange: () => this.changeSoon(),
      onNeedSubreaper: becomeSubreaper,
    };
  }

  /** Throws when no pipe is to be had. */
  private addLogger(key: string, entry: Entry): void {
    const { dir } = entry.service;
    const logDir = join(dir, "log");
    if (!isDirectory(logDir)) return;
    const pipe = this.pipeFor(dir, logDir);
    entry.pipe = pipe;
    const { logging } = this.options;
    if (logging?.serves(logDir)) {
      entry.shared = logDir;
      logging.attach(logDir, pipe);
    } else {
      const options = this.commonOptions(key, `${entry.name}/log`);
      entry.logger = new Service(logDir, { ...options, stdin: pipe.reader });
    }
  }

  /** A log directory that was made after the service's is served from the service's next start on. */
  private lookForLog(key: string, entry: Entry): void {
    if (entry.pipe || this.stopping) return;
    try {
      this.addLogger(key, entry);
    } catch (error) {
      this.sayNoPipe(entry.name, error);
    }
    if (entry.logger) this.open(entry.logger);
  }

  private sayNoPipe(name: string, error: unknown): void {
    this.sayAsScanner(`warning: unable to create pipe for ${name}/log: ${words(error)}`);
  }

  /** The pipe that a service or logger left by an earlier supervisor still has, or a new one. */
  private pipeFor(dir: string, logDir: string): LogPipe {
    const inode = readExtended(dir)?.logPipe ?? undefined;
    const holders = () => [
      ...[dir, logDir].flatMap((d) => [lastChildOf(d) ?? 0, ...aliveOf(d).map((p) => p.pid)]),
      ...(this.options.logging?.holders() ?? []),
    ];
    const found = inode === undefined ? undefined : LogPipe.find(inode, holders());
    const ends = found ?? LogPipe.make();
    fault("pipe:made");
    return ends;
  }

  private open(service: Service): void {
    try {
      service.open();
      this.refused.delete(service);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (!(error instanceof Refused) && code === undefined) throw error;
      const why = error instanceof Refused ? message : `unable to supervise ${service.name}: ${words(error)}`;
      this.say(`fatal: ${why}`);
      if (this.retries > 0) this.refused.set(service, why + heldBy(service.dir));
      this.retryLater();
      this.changeSoon();
    }
  }

  private retryLater(): void {
    if (this.retry || this.stopping) return;
    const wait = this.retries++ === 0 ? FIRST_RETRY_MS : RETRY_MS;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.scan(true);
    }, wait);
  }

  private left(key: string): void {
    this.forget(key);
    this.retries ||= 1;
    this.retryLater();
    this.changeSoon();
  }

  /** What is no longer in the directory and has left is dropped, and with it the pipe to its logger. */
  private forget(key: string): void {
    const entry = this.entries.get(key);
    if (!entry || entry.active || entry.service.supervised || entry.logger?.supervised) return;
    this.entries.delete(key);
    this.refused.delete(entry.service);
    entry.pipe?.close();
    if (entry.shared) this.options.logging?.detach(entry.shared);
  }

  /** Services on a cycle of needs are not started. */
  private findCycles(): void {
    const services = new Map([...this.entries.values()].map((e) => [e.name, e.service]));
    const cycles = findCycles(new Map([...services].map(([n, s]) => [n, s.settings.needs])));
    for (const [name, service] of services) {
      const cycle = cycles.find((c) => c.includes(name));
      const blocked = cycle ? `needs form a cycle: ${cycle.join(" needs ")}` : null;
      if (blocked !== null && service.blocked !== blocked && name === cycle![0])
        this.say(`fatal: ${blocked}`);
      service.blocked = blocked;
    }
  }

  /** Which of the needed services are not ready; those that are not in the directory never are. */
  private missing(needs: readonly string[]): string[] {
    return needs.filter((name) => this.find(name)?.ready !== true);
  }

  /** All that changed in this turn is looked at once. */
  private changeSoon(): void {
    if (this.changed) return;
    this.changed = true;
    setImmediate(() => {
      this.changed = false;
      if (!this.stopping) for (const service of this.services) service.poke();
      this.onChange?.();
    });
  }

  /** Recording may have been switched on for a service. */
  lookForTraced(): void {
    this.recorder?.look();
  }

  private anyTraced(): boolean {
    try {
      return readdirSync(this.dir).some((n) => !n.startsWith(".") && existsSync(join(this.dir, n, "trace")));
    } catch {
      return false;
    }
  }

  /** A link that leads nowhere is told once. */
  private isService(name: string): boolean {
    try {
      return statSync(bytesOf(join(this.dir, name))).isDirectory();
    } catch (error) {
      if (!this.told.has(name)) this.sayAsScanner(`warning: unable to stat ${name}: ${words(error)}`);
      this.told.add(name);
      return false;
    }
  }

  private sayAsScanner(text: string): void {
    tell(`${this.options.scanner ?? this.options.program}: ${this.shown(text)}\n`);
  }

  private say(text: string): void {
    tell(`${this.options.program}: ${this.shown(text)}\n`);
  }

  private shown(text: string): string {
    return this.options.shown?.(text) ?? text;
  }

  /**
   * Ends everything in order: services before those they need, then their loggers (which see the end of their input),
   * then the recorder. Resolves when all are gone.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.watcher?.close();
    clearTimeout(this.retry);
    clearTimeout(this.soon);
    const entries = [...this.entries.values()];
    const loggers = entries.flatMap((e) => e.logger ?? []);
    await this.stopInOrder(entries);
    // the end of the pipe tells a logger that it is over
    for (const one of loggers) end(one, "x");
    for (const { pipe, logger, shared } of entries) {
      if (logger) pipe?.close(pipe.writer);
      else pipe?.close();
      if (shared) this.options.logging?.detach(shared);
    }
    await this.gone(loggers, ", which waits for the end of its input");
    const patience = setTimeout(() => this.say("still waiting for the logger"), PATIENCE_MS);
    await this.options.logging?.stop();
    clearTimeout(patience);
    await this.recorder?.stop();
  }

  private async stopInOrder(entries: readonly Entry[]): Promise<void> {
    const rest = new Map(entries.map((e) => [e.name, e.service]));
    const patience = this.patience(() => [...rest.values()], "");
    const told = new Set<Service>();
    while (rest.size > 0) {
      const needed = new Set([...rest.values()].flatMap((s) => s.settings.needs));
      const free = [...rest.entries()].filter(([name]) => !needed.has(name));
      // a cycle: nobody is free, and nobody of it runs
      for (const [, service] of free.length > 0 ? free : rest) {
        if (!told.has(service)) end(service, "dx");
        told.add(service);
      }
      for (const [name, service] of rest) if (told.has(service) && !service.supervised) rest.delete(name);
      if (rest.size > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    clearTimeout(patience);
  }

  private patience(who: () => Service[], why: string): NodeJS.Timeout {
    return setTimeout(() => {
      for (const s of who()) {
        if (s.pid !== 0) this.say(`still waiting for ${s.dir} (pid ${s.pid})${why}`);
      }
    }, PATIENCE_MS);
  }

  private async gone(services: readonly Service[], why: string): Promise<void> {
    const waiting = () => services.filter((s) => s.supervised);
    const patience = this.patience(waiting, why);
    while (waiting().length > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    clearTimeout(patience);
  }
}

function end(service: Service, commands: string): void {
  if (service.supervised) for (const c of commands) service.command(c);
}

/** Who supervises a directory whose lock we do not get. */
function heldBy(dir: string): string {
  const pid = holderOf(join(dir, files.lock));
  return pid === undefined ? "" : ` (held by ${commOf(pid) ?? "process"}, pid ${pid})`;
}

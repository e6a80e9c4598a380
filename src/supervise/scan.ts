/** A scan directory: every service in it, each with its logger, supervised by this one process. */

import { existsSync, type FSWatcher, type Stats, statSync, watch } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../base/bytes.ts";
import { identityOf } from "../base/identity.ts";
import { tell } from "../base/stderr.ts";
import { becomeSubreaper, keepStatuses } from "../kernel/children.ts";
import { cgroupBase, cgroupOf } from "./cgroups.ts";
import { words } from "./chain.ts";
import { endInOrder, endLoggers, PATIENCE_MS } from "./ending.ts";
import { aliveOf, readExtended } from "./extended.ts";
import { fault } from "./fault.ts";
import { closeUnclaimed, handedServices, type Nameless } from "./handed.ts";
import { noteInheritance } from "./launch.ts";
import { Links } from "./links.ts";
import { LogPipe } from "./log-pipe.ts";
import { findCycles } from "./needs.ts";
import { RecorderProcess } from "./recorder-process.ts";
import { namesIn, type ScanName } from "./scan-names.ts";
import { Service } from "./service.ts";
import { fileAt, heldBy, lastChildOf, Refused } from "./service-files.ts";
import { DEFAULTS } from "./settings.ts";
import type { SharedLogging } from "./shared-logging.ts";

/** What could not be had, or has left, is tried again after this long (ms), as svscan does. */
const RETRY_MS = 5000;
/** The first time sooner: a supervisor that has just been killed may still hold a lock. */
const FIRST_RETRY_MS = 100;
/** Changes come in bursts: a directory is looked at when this long has passed since the first (ms). */
const SETTLE_MS = 20;
const MAX_SERVICES = 1000;

interface Entry {
  /** As in the directory now, or when it was there last. */
  name: string;
  readonly service: Service;
  logger: Service | undefined;
  /** The log pipe stays open here, so that neither side sees the other die. */
  pipe: LogPipe | undefined;
  /** The log directory, if its pipe is read by the shared logger. */
  shared: string | undefined;
  /** Still in the directory. */
  active: boolean;
  /** It was said that what should be its log directory is none. */
  odd: boolean;
  /** The needs among which cycles were looked for last. */
  needs: string;
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
  private readonly links = new Links(RETRY_MS, () => this.scan(false));
  /** Ran under no name when we were replaced, and are not taken up yet. */
  private handed = handedServices();
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

  /** What stays open when we become another version: who writes there meanwhile waits, and nobody finds us gone. */
  get kept(): number[] {
    return [...this.entries.values()].flatMap(({ pipe, service, logger }) => [
      ...(pipe ? [pipe.reader, pipe.writer] : []),
      ...[service, logger].flatMap((s) => s?.files?.fifos ?? []),
    ]);
  }

  /** Those that run under no name: whoever comes after us does not find them in the directory. */
  get nameless(): Nameless[] {
    return [...this.entries.values()].flatMap(({ active, name, service: { files } }) =>
      active || !files ? [] : [{ name, dir: files.realPath() }],
    );
  }

  /** The service with this name, or with this name and `/log` its logger. */
  find(name: string): Service | undefined {
    const entry = this.entryNamed(name.replace(/\/log$/, ""));
    return name.endsWith("/log") ? entry?.logger : entry?.service;
  }

  /** Of two with a name the one that is in the directory, not the one that has gone from it and still runs. */
  private entryNamed(name: string): Entry | undefined {
    let found: Entry | undefined;
    for (const entry of this.entries.values()) {
      if (entry.name === name && (!found || entry.active)) found = entry;
    }
    return found;
  }

  /** Begins supervising; resolves when the services there now have been started. */
  async start(): Promise<void> {
    const forgetStatuses = keepStatuses();
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
    forgetStatuses();
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
    let names: ScanName[];
    try {
      names = namesIn(this.dir);
    } catch (error) {
      this.sayAsScanner(`warning: unable to read directory: ${words(error)}`);
      this.retryLater();
      return;
    }
    const found = new Map<Entry, string>();
    const unsteady = new Map<string, string | undefined>();
    const pending = new Set<Service>();
    for (const { name, link } of names) {
      const dir = join(this.dir, name);
      const stats = this.lookAt(name, dir);
      const key = stats && identityOf(stats);
      if (link || !stats) unsteady.set(dir, key);
      if (!key || !stats.isDirectory()) continue;
      const { entry, fresh } = this.entryFor(key, name, dir);
      if (!entry) continue;
      // of several names the one it had
      if (!found.has(entry) || name === entry.name) found.set(entry, name);
      if (!fresh && !retry) continue;
      for (const one of [entry.logger, entry.service]) if (one && !one.supervised) pending.add(one);
    }
    this.links.watch(unsteady);
    for (const [key, entry] of this.entries) {
      const name = found.get(entry);
      entry.active = name !== undefined;
      if (name === undefined) this.forget(key);
      else if (name !== entry.name) this.rename(entry, name);
    }
    this.findCycles();
    for (const one of pending) this.open(one);
    if (retry) this.openNameless();
  }

  /** What ran under no name goes on so. */
  private openNameless(): void {
    this.handed = this.handed.filter(({ name, dir }) => {
      const stats = fileAt(dir);
      if (!stats) {
        this.say(`warning: ${name} is not supervised any more: its directory is gone`);
        return false;
      }
      const { entry, fresh } = this.entryFor(identityOf(stats), name, dir);
      if (!entry) return true;
      if (fresh) entry.active = false;
      // it has got a name meanwhile
      if (entry.active) return false;
      for (const one of [entry.logger, entry.service]) if (one) this.open(one);
      return !entry.service.supervised;
    });
  }

  /** A link that leads nowhere is told once. */
  private lookAt(name: string, dir: string): Stats | undefined {
    try {
      const stats = statSync(bytesOf(dir));
      this.told.delete(name);
      return stats;
    } catch (error) {
      if (!this.told.has(name)) this.sayAsScanner(`warning: unable to stat ${name}: ${words(error)}`);
      this.told.add(name);
      return undefined;
    }
  }

  /** Services are known by device and inode: a renamed link is the same service. */
  private entryFor(key: string, name: string, dir: string): { entry?: Entry; fresh: boolean } {
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
      // no descriptor, or no memory, is left: there may be later; whatever it is, the others go on
      this.sayNoPipe(name, error);
      this.retryLater();
      return { fresh: false };
    }
  }

  /** The same service as before, but others know it by another name. */
  private rename(entry: Entry, name: string): void {
    entry.name = name;
    const dir = join(this.dir, name);
    Object.assign(entry.service, { dir, name, label: this.shown(name) });
    if (entry.logger)
      Object.assign(entry.logger, { dir: join(dir, "log"), label: this.shown(`${name}/log`) });
    if (entry.shared && entry.pipe) {
      entry.shared = join(dir, "log");
      this.options.logging?.attach(entry.shared, entry.pipe);
    }
    this.changeSoon();
  }

  private makeEntry(key: string, name: string, dir: string): Entry {
    const service = new Service(dir, {
      ...this.commonOptions(key, name, dir),
      log: () => entry.pipe,
      beforeStart: () => this.lookForLog(key, entry),
      recorder: this.recorder?.link,
      missing: (needs) => this.missing(entry, needs),
    });
    const entry: Entry = {
      name,
      service,
      logger: undefined,
      pipe: undefined,
      shared: undefined,
      active: true,
      odd: false,
      needs: "",
    };
    this.addLogger(key, entry);
    return entry;
  }

  private commonOptions(key: string, label: string, dir: string) {
    return {
      program: this.options.program,
      label: this.shown(label),
      defaults: join(this.dir, DEFAULTS),
      cgroup: this.cgroups && cgroupOf(this.cgroups, dir),
      onGone: () => this.left(key),
      onChange: () => this.changeSoon(),
      onNeedSubreaper: becomeSubreaper,
    };
  }

  /** Throws when no pipe is to be had. */
  private addLogger(key: string, entry: Entry): void {
    const { dir } = entry.service;
    const logDir = join(dir, "log");
    const log = fileAt(logDir);
    if (log && !log.isDirectory()) this.sayOdd(entry);
    if (!log?.isDirectory()) return;
    const pipe = this.pipeFor(dir, logDir);
    entry.pipe = pipe;
    const { logging } = this.options;
    if (logging?.serves(logDir)) {
      entry.shared = logDir;
      if (entry.service.supervised) logging.attach(logDir, pipe);
    } else {
      const options = this.commonOptions(key, `${entry.name}/log`, logDir);
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

  /** Once: supervise would say so again and again. */
  private sayOdd(entry: Entry): void {
    if (entry.odd) return;
    entry.odd = true;
    this.sayAsScanner(`warning: ${entry.name}/log is not a directory: the service runs without a logger`);
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
    if (service.supervised) return;
    try {
      service.open();
      this.refused.delete(service);
      this.share(service);
    } catch (error) {
      // whatever it is, the others go on
      const why =
        error instanceof Refused ? error.message : `unable to supervise ${service.name}: ${words(error)}`;
      this.say(`fatal: ${why}`);
      if (this.retries > 0) this.refused.set(service, why + heldBy(service.dir));
      this.retryLater();
      this.changeSoon();
    }
  }

  /** Only what is ours goes to the shared logger: it may be another supervisor's, as this service may have been. */
  private share(service: Service): void {
    const entry = [...this.entries.values()].find((e) => e.service === service);
    if (entry?.shared && entry.pipe) this.options.logging?.attach(entry.shared, entry.pipe);
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
    if (entry.shared && entry.pipe) this.options.logging?.detach(entry.pipe);
    else entry.pipe?.close();
  }

  /** Services on a cycle of needs are not started. */
  private findCycles(): void {
    const entries = [...this.entries.values()].sort((a, b) => Number(a.active) - Number(b.active));
    // as entryNamed has it
    const named = new Map(entries.map((e) => [e.name, e]));
    const cycles = findCycles(new Map([...named].map(([n, e]) => [n, e.service.settings.needs])));
    for (const entry of entries) {
      const { name, service } = entry;
      entry.needs = String(service.settings.needs);
      const cycle = named.get(name) === entry ? cycles.find((c) => c.includes(name)) : undefined;
      const blocked = cycle ? `needs form a cycle: ${cycle.join(" needs ")}` : null;
      if (service.blocked === blocked) continue;
      if (cycle && name === cycle[0]) this.say(`fatal: ${blocked}`);
      service.blocked = blocked;
      service.notes.writeSoon();
      // those on it that wait know of it only by looking again
      this.changeSoon();
    }
  }

  /** Which of the needed services are not ready; those that are not in the directory never are. */
  private missing(entry: Entry, needs: readonly string[]): string[] {
    // its file has just been read, and says something else than before
    if (String(needs) !== entry.needs) this.findCycles();
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
      return namesIn(this.dir).some(({ name }) => existsSync(bytesOf(join(this.dir, name, "trace"))));
    } catch {
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
    this.links.close();
    const entries = [...this.entries.values()];
    const loggers = entries.flatMap((e) => e.logger ?? []);
    const say = (text: string) => this.say(text);
    await endInOrder(entries, say);
    const closePipes = () => {
      for (const { pipe, logger, shared } of entries) {
        if (logger) pipe?.close(pipe.writer);
        else if (shared && pipe) this.options.logging?.detach(pipe);
        else pipe?.close();
      }
    };
    await endLoggers(loggers, closePipes, say);
    const patience = setTimeout(() => this.say("still waiting for the logger"), PATIENCE_MS);
    await this.options.logging?.stop();
    clearTimeout(patience);
    await this.recorder?.stop();
  }
}

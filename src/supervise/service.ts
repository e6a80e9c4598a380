/** One service: its process, and the actions of the table carried out on it. */

import { basename } from "node:path";
import { SysError } from "../base/errors.ts";
import { tell } from "../base/stderr.ts";
import { bootId } from "../kernel/boot.ts";
import { beforeExec, status as taskStatus } from "../kernel/proc.ts";
import { send } from "../kernel/signals.ts";
import { endSignal, exitCode } from "../kernel/wait.ts";
import { findTakeover, type Takeover } from "./adopt.ts";
import { Alarm } from "./alarm.ts";
import { words } from "./chain.ts";
import { Course } from "./course.ts";
import { bornAt, type Extended, isThere, ourselves, type Process } from "./extended.ts";
import { fault } from "./fault.ts";
import { History } from "./history.ts";
import { noteInheritance } from "./launch.ts";
import type { Status } from "./layout.ts";
import { LeftOver } from "./left-over.ts";
import { type Action, type Event, isCommand, type Plan, type State } from "./machine.ts";
import { type End, MainProcess } from "./main-process.ts";
import { Notes } from "./notes.ts";
import { Notification, tellsReady } from "./notification.ts";
import { Pace } from "./pace.ts";
import { ServiceFiles } from "./service-files.ts";
import type { ServiceOptions } from "./service-options.ts";
import { type Settings, SettingsReader } from "./settings.ts";
import { Telling } from "./telling.ts";

/** How often it is looked whether those left over are gone (ms). */
const CLEAR_LOOK = 10;
const START_FAILED = 111 << 8;
/** Exit code of `finish` that means: do not start it again. */
const FINISH_PERMANENT = 125;

export class Service {
  /** As `dir` and `label`: as it is called now. */
  name: string;
  settings: Settings;
  private readonly reader: SettingsReader;
  label: string;
  private plan: Plan = "up";
  private want: "u" | "d" | "" = "u";
  private traced = false;
  private readonly pace = new Pace();
  private readonly alarm = new Alarm();
  private look: NodeJS.Timeout | undefined;
  readonly notes = new Notes(() => this);
  private control: (() => void) | undefined;
  files: ServiceFiles | undefined;
  private notification: Notification | undefined;
  private readonly main = new MainProcess((end) => this.ended(end));
  private rest = new LeftOver(undefined);
  private leftOver: Process[] = [];
  private waitsFor: string[] = [];
  /** Why it is not started, said by whoever knows all services. */
  blocked: string | null = null;
  private readonly history = new History();
  private readonly telling: Telling;
  private readonly course = new Course({
    act: (action) => this.act(action),
    failed: (action, error) => this.warn(`${this.label}: ${action} failed, trying again`, error),
    entered: (state) => this.telling.between.enter(state),
    settled: () => this.settled(),
  });

  constructor(
    public dir: string,
    private readonly options: ServiceOptions,
  ) {
    this.name = basename(dir);
    this.label = options.label ?? dir;
    this.reader = new SettingsReader(options.defaults);
    this.settings = this.reader.read(dir, () => {});
    this.telling = new Telling(options.recorder, () =>
      this.traced ? { name: this.name, dir: this.files!.realPath() } : undefined,
    );
    noteInheritance();
  }

  get state(): State {
    return this.course.state;
  }

  /** 0 when no process runs. */
  get pid(): number {
    return this.main.pid;
  }

  /** Whether the directory is ours. */
  get supervised(): boolean {
    return this.files !== undefined;
  }

  /** Serves, as far as can be known. */
  get ready(): boolean {
    return this.state === "up" && this.history.ready;
  }

  /** Is not to run, or not any more. */
  get idle(): boolean {
    return !this.supervised || (this.pid === 0 && ["down", "gone"].includes(this.state));
  }

  /** Needed services that are not ready. */
  get waitingFor(): readonly string[] {
    return this.state === "waiting" ? this.waitsFor : [];
  }

  get failed(): string | null {
    return this.history.failed ?? this.blocked;
  }

  /** Takes possession of the directory and starts what is to run, or takes over what runs. Throws Refused. */
  open(): void {
    const files = new ServiceFiles(this.label, (text, error) => this.warn(text, error), this.dir);
    try {
      const fd = files.acquire();
      fault("open:locked");
      this.files = files;
      this.control = files.listen(fd, (byte) => this.command(byte));
      const left = findTakeover(files);
      if (left) this.restore(left);
      else this.begin(!files.has("down"));
      this.notes.write();
      fault("open:status");
      files.announce();
      fault("open:announced");
      if (left) this.takeOver(left);
      else if (this.state === "clearing") this.handleAfter("clear");
      else if (this.state === "waiting") this.handleAfter("order");
    } catch (error) {
      this.abandon(files);
      throw error;
    }
  }

  /** Gives the directory up as it was found, so that it can be tried again. */
  private abandon(files: ServiceFiles): void {
    this.notes.cancel();
    this.cancel();
    this.forgetNotification();
    this.control?.();
    files.close();
    this.files = undefined;
    this.course.reset();
    this.main.forget();
  }

  private begin(up: boolean): void {
    this.files!.forgetChildRecord();
    this.want = up ? "u" : "d";
    this.plan = up ? "up" : "once";
    this.rest = LeftOver.in(this.options.cgroup);
    this.leftOver = this.rest.alive();
    const clear = this.leftOver.length > 0 && this.settings.stopTimeout !== undefined;
    this.course.state = clear ? "clearing" : up ? "waiting" : "down";
  }

  /** One control byte. */
  command(byte: string): void {
    // who has given the directory up may have read more than the command to do so
    if (!isCommand(byte) || !this.supervised) return;
    this.telling.tell("control", { command: byte });
    this.handle(byte === "x" && this.settings.runit ? "X" : byte);
  }

  /** Tries again whether it may be started. */
  poke(): void {
    if (this.state === "waiting") this.handleAfter("order");
  }

  private handleAfter(action: Action): void {
    this.act(action);
    this.notes.note();
    this.notes.writeSoon();
  }

  private handle(event: Event): void {
    this.course.handle(event);
  }

  private settled(): void {
    if (this.state !== "gone") {
      this.notes.noteIntention();
      this.notes.writeSoon();
    }
    this.options.onChange?.();
  }

  private act(action: Action): void {
    if (action === "kill:all") {
      this.rest.kill(this.pid);
      fault("stop:killed");
    } else if (action.startsWith("kill:")) this.kill(`SIG${action.slice(5)}` as NodeJS.Signals);
    else if (action.startsWith("want:")) this.want = action.slice(5) as typeof this.want;
    else if (action.startsWith("plan:")) {
      if (this.plan !== "exit") this.plan = action.slice(5) as Plan;
      if (action === "plan:up") this.history.failed = null;
    } else this[action as Exclude<Action, `${string}:${string}`>]();
  }

  private cancel(): void {
    this.alarm.cancel();
    clearInterval(this.look);
  }

  private setTimer(ms: number): void {
    this.alarm.set(ms, () => this.handle("timer"));
  }

  private kill(signal: NodeJS.Signals): void {
    if (signal === "SIGTERM") {
      this.rest.note(this.pid, this.grouped);
      // what is to follow must be known to whoever finds it dead
      if (this.settings.stopTimeout === undefined) this.notes.noteIntention();
      else this.notes.note();
    }
    this.main.signal(signal);
    if (signal === "SIGTERM") fault("stop:signalled");
  }

  /** It has been asked to end: KILL follows if that is wished. */
  private limit(): void {
    const limit = this.history.stopAsked(this.settings.stopTimeout);
    if (limit !== undefined) this.setTimer(limit);
  }

  private order(): void {
    const { options } = this;
    this.settings = this.reader.read(this.files!.at("."), (text) =>
      this.say(`warning: ${this.label}/${text}`),
    );
    this.waitsFor = options.missing?.(this.settings.needs) ?? [];
    this.telling.between.waitsFor(this.waitsFor);
    if (this.waitsFor.length === 0 && this.blocked === null) this.handle("ordered");
  }

  private get grouped(): boolean {
    return this.settings.stopTimeout !== undefined && !this.rest.cgroup;
  }

  private start(): void {
    const { recorder, stdin, beforeStart, log, onNeedSubreaper } = this.options;
    const files = this.files!;
    beforeStart?.();
    this.traced = this.reader.saw("trace") && !files.has("trace/down");
    const stopped = recorder !== undefined && this.traced;
    if (this.grouped) onNeedSubreaper?.();
    this.pace.starting(this.settings);
    // if we die from now on, the next supervisor finds what the child writes of itself
    this.notes.noteIntention();
    fault("start:begin");
    try {
      this.notification = this.openNotification();
      const { notification } = this;
      const { cgroup } = this.rest;
      this.main.launch({
        files,
        argv: ["./run"],
        stdin,
        stdout: log?.()?.writer,
        stopped,
        cgroup,
        group: this.grouped,
        notification,
      });
    } catch (error) {
      this.forgetNotification();
      this.startFailed(error);
      this.history.died(0, START_FAILED, false);
      this.handle("failed");
      return;
    }
    // dead, it could not tell who is left of it
    if (this.grouped) this.rest.note(this.pid, true);
    fault("start:spawned");
    this.history.started();
    if (!tellsReady(this.settings)) this.history.becameReady();
    this.notes.note();
    fault("start:noted");
    if (stopped) this.telling.start(this.pid);
  }

  private openNotification(name?: string | null): Notification | undefined {
    if (!tellsReady(this.settings)) return undefined;
    const belongs = (pid: number) =>
      pid === this.pid ||
      this.rest.alive().some((p) => p.pid === pid) ||
      (bornAt(pid) !== undefined && taskStatus(pid)?.ppid === this.pid);
    const ready = () => {
      this.history.becameReady();
      fault("ready:told");
      this.notes.note();
      this.options.onChange?.();
    };
    return new Notification({ settings: this.settings, ready, belongs }, name);
  }

  private forgetNotification(): void {
    this.notification?.close();
    this.notification = undefined;
  }

  private startFailed(error: unknown): void {
    if (error instanceof SysError && /^clone/.test(error.call)) {
      this.pace.noProcesses();
      this.warn(`unable to fork for ${this.label}, sleeping 60 seconds`, error);
    } else this.say(`fatal: unable to start ${this.label}/run: ${words(error)}`);
  }

  private ended({ pid, status, failed, missed }: End): void {
    if (this.state === "finishing") {
      if (failed) this.warn(`unable to start ${this.label}/finish`, failed);
      else this.finished(status);
    } else {
      if (failed) this.startFailed(failed);
      this.forgetNotification();
      const end = failed ? START_FAILED : status;
      this.telling.tell("death", { pid, status: end });
      this.history.died(pid, end, missed);
    }
    this.handle("died");
  }

  private finished(status: number | null): void {
    if (status === null || endSignal(status) !== 0 || exitCode(status) !== FINISH_PERMANENT) return;
    this.giveUp("finish asked not to start it again (exit code 125)");
  }

  private giveUp(reason: string): void {
    this.history.failed = reason;
    this.want = "d";
    if (this.plan !== "exit") this.plan = "once";
    this.say(`warning: ${this.label}: left down: ${reason}; svc -u starts it`);
  }

  private finish(): void {
    if (!this.has("finish")) {
      this.telling.between.nothing();
      this.handle("died");
      return;
    }
    this.notes.note();
    fault("died:noted");
    try {
      const { files, rest, options } = this;
      const argv = ["./finish", ...this.history.finishArguments(), this.name];
      this.main.launch({ files: files!, argv, stdout: options.log?.()?.writer, cgroup: rest.cgroup });
      fault("finish:spawned");
      if (this.settings.finishTimeout !== undefined) this.setTimer(this.settings.finishTimeout);
    } catch (error) {
      this.warn(`unable to start ${this.label}/finish`, error);
      this.handle("died");
    }
  }

  private clear(): void {
    const { stopTimeout } = this.settings;
    this.leftOver = this.rest.alive();
    if (this.leftOver.length === 0) this.telling.between.nothing();
    if (this.leftOver.length === 0 || stopTimeout === undefined) {
      this.handle("cleared");
      return;
    }
    this.notes.note();
    fault("clear:begin");
    this.setTimer(this.history.untilKill(stopTimeout) ?? stopTimeout);
    this.rest.terminate();
    this.look = setInterval(() => {
      this.leftOver = this.rest.alive();
      if (this.leftOver.length === 0) this.handle("cleared");
    }, CLEAR_LOOK);
  }

  private next(): void {
    this.history.stopped();
    const { tally } = this.settings;
    if (this.plan === "up" && tally && this.history.deathsWithin(tally.within) >= tally.count) {
      this.giveUp(`${tally.count} deaths within ${tally.within / 1000} s`);
    }
    this.handle(this.plan === "up" ? "again" : this.plan === "once" ? "rest" : "leave");
  }

  private respawn(): void {
    const wait = this.pace.wait(this.settings);
    fault("delay:begin");
    if (wait === 0) {
      this.handle("timer");
      return;
    }
    this.telling.tell("delay", { until: (Date.now() + wait) / 1000 });
    this.setTimer(wait);
  }

  /** What was known and what runs, before anybody is told that we are here. */
  private restore({ known, state, process: alive, ended }: Takeover): void {
    fault("adopt:begin");
    this.course.state = state;
    if (known) {
      this.history.restore(known);
      this.settings = known.settings ?? this.settings;
      ({ want: this.want, plan: this.plan, traced: this.traced } = known);
      this.leftOver = known.leftOver.filter(isThere);
    } else this.want = this.files!.readStatus()?.want ?? "u";
    this.pace.restore(known?.startedAt ?? null, this.settings);
    this.rest = LeftOver.restored(known?.cgroup ?? null, alive?.pid ?? 0, this.leftOver);
    if (this.grouped) this.rest.led(ended?.pid ?? known?.reaped ?? 0);
    this.main.restore(alive ?? { pid: ended?.pid ?? 0, born: 0 }, known);
  }

  private takeOver({ known, process: alive, ended }: Takeover): void {
    if (ended) this.main.ended(ended.status, ended.status === null);
    else if (alive) this.adopt(alive, known);
    else {
      const resume = { waiting: "order", delay: "respawn", clearing: "clear", finishing: "finish" } as const;
      const action = resume[this.state as keyof typeof resume];
      if (action) this.handleAfter(action);
    }
    fault("adopt:done");
  }

  private adopt({ pid }: Process, known: Extended | undefined): void {
    this.rest.note(pid, this.grouped);
    // it may still be waiting for the recorder of our predecessor; later whoever stopped it had a reason
    if (!this.main.paused && beforeExec(pid) && taskStatus(pid)?.state === "T") send(pid, "SIGCONT");
    if (this.state === "up") {
      if (known?.pid !== pid) this.history.started();
      if (!this.history.ready && !tellsReady(this.settings)) this.history.becameReady();
      else if (!this.history.ready) {
        this.notification = this.openNotification(known?.notify);
        this.notification?.resume(pid);
      }
      const left = this.history.untilKill(this.settings.stopTimeout);
      if (left !== undefined) this.setTimer(left);
    } else if (this.settings.finishTimeout !== undefined)
      this.setTimer(Math.max(0, this.settings.finishTimeout - this.main.age));
    this.main.watch();
    this.notes.note();
    this.notes.writeSoon();
  }

  private has(name: string): boolean {
    return this.files !== undefined && this.reader.has(this.files.at("."), name);
  }

  get intention(): string {
    // whose process it is: the one of finish, or the next one
    return this.plan + this.want + (this.state === "finishing" ? "finish" : "");
  }

  get status(): Status {
    const { pid, paused, termSent, changed } = this.main;
    return { ...changed, pid, paused, termSent, want: this.want, finishing: this.state === "finishing" };
  }

  get extended(): Extended {
    const { state, plan, want, leftOver, traced, settings, options } = this;
    const { pid, born, paused, termSent, changed, reaped } = this.main;
    const logPipe = options.log?.()?.inode ?? null;
    const notify = this.notification?.socket ?? null;
    return {
      version: 1,
      boot: bootId(),
      home: this.files?.identity ?? "",
      ...{ state, plan, want, pid, born, since: changed.seconds + changed.nanoseconds / 1e9 },
      ...{ paused, termSent },
      ...this.history.fields(),
      failed: this.failed,
      ...{ leftOver, cgroup: this.rest.cgroup?.dir ?? null, waitsFor: this.waitingFor },
      ...{ traced, settings, logPipe, notify, reaped },
      supervisor: ourselves(),
    };
  }

  private warn(text: string, error: unknown): void {
    this.say(`warning: ${text}: ${words(error)}`);
  }

  private say(text: string): void {
    tell(`${this.options.program}: ${text}\n`);
  }

  private leave(): void {
    fault("leave:begin");
    this.notes.write();
    this.cancel();
    this.forgetNotification();
    this.control?.();
    this.rest.cgroup?.remove();
    this.files?.close();
    this.files = undefined;
    this.options.onGone?.();
  }
}

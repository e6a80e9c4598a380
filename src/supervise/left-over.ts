/** Who belongs to a service beside its main process: its cgroup knows, or else we follow descent and process group. */

import { Cgroup } from "../kernel/cgroup.ts";
import { descendants, groupMembers, lives, startTime } from "../kernel/proc.ts";
import { send } from "../kernel/signals.ts";
import { commandLine } from "../kernel/tasks.ts";
import { isThere, type Process } from "./extended.ts";

export class LeftOver {
  private group = 0;

  /** `known`: without a cgroup, whom we have seen descend from the process. */
  constructor(
    readonly cgroup: Cgroup | undefined,
    private known: Process[] = [],
  ) {}

  /** In the cgroup at `dir`, if there is to be one. */
  static in(dir: string | null | undefined): LeftOver {
    return new LeftOver(dir ? Cgroup.make(dir) : undefined);
  }

  /** As a supervisor before us knew it: `main` lives (0 if not), and so does who is `left`. */
  static restored(cgroup: string | null, main: number, left: Process[]): LeftOver {
    if (cgroup === null) return new LeftOver(undefined, left);
    // where it lives nobody was killed
    const group = Cgroup.at(cgroup);
    return group.pids().includes(main) ? new LeftOver(group) : LeftOver.in(cgroup);
  }

  /** Looks who descends from the process now; with `group` it leads a process group that is all its own. */
  note(main: number, group: boolean): void {
    if (this.cgroup || main === 0) return;
    if (group) this.group = main;
    this.add(descendants(main));
  }

  /** `main`, which has ended, led a process group that was all its own. While somebody is in that, nobody else gets the pid. */
  led(main: number): void {
    if (!lives(main)) this.group = main;
  }

  private add(pids: readonly number[]): void {
    for (const pid of pids) {
      const born = startTime(pid);
      if (born !== undefined && !this.known.some((p) => p.pid === pid && p.born === born)) {
        this.known.push({ pid, born });
      }
    }
  }

  /** Everybody alive except `main`. Throws where that cannot be seen, for want of descriptors. */
  alive(main = 0): Process[] {
    if (this.cgroup) this.known = [];
    this.known = this.known.filter(isThere);
    if (this.cgroup) this.add(this.cgroup.pids());
    else {
      this.add(this.known.flatMap((p) => descendants(p.pid)));
      if (this.group !== 0 && !send(-this.group, 0)) this.group = 0;
      if (this.group !== 0) this.add(groupMembers(this.group));
    }
    return this.known.filter((p) => p.pid !== main && isThere(p));
  }

  /** TERM and CONT to everybody; a tracer of ours, which ends by itself, is left to do so. */
  terminate(): void {
    for (const { pid } of this.alive()) {
      const [, , command] = commandLine(pid) ?? [];
      if (command === "tracer") continue;
      for (const signal of ["SIGTERM", "SIGCONT"] as const) send(pid, signal);
    }
  }

  /** KILL to everybody and `main`. */
  kill(main: number): void {
    if (this.cgroup) this.cgroup.kill();
    for (const { pid } of this.alive()) send(pid, "SIGKILL");
    if (main !== 0) send(main, "SIGKILL");
  }
}

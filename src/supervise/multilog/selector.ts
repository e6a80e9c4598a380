/** A script's patterns, alerts and status files, carried out line by line: which logs a line goes to. */
import { ALWAYS, advance, matches, Text } from "./match.ts";
import type { Action, Script } from "./script.ts";

export class Selector {
  /** Which logs the last line goes to. */
  readonly selected: boolean[];
  private readonly actions: readonly Action[];
  /** Where each action's pattern stands behind the stamp, which many lines have in common. */
  private readonly positions: number[];
  private readonly stamp = new Text();
  private readonly text = new Text();

  /** `aside` is called for an `e` or `=file`, by its index among the actions, of a selected line. */
  constructor(
    script: Script,
    private readonly aside: (index: number) => void,
  ) {
    this.actions = script.actions;
    this.selected = script.actions.filter((a) => a.kind === "dir").map(() => true);
    this.positions = script.actions.map(() => 0);
    this.stamped(Buffer.alloc(0));
  }

  /** Lines from here on begin with these bytes, which are not in what `select` is given. */
  stamped(stamp: Buffer): void {
    this.stamp.become(stamp);
    for (let i = 0; i < this.actions.length; i++) {
      const action = this.actions[i];
      if (action.kind !== "select") continue;
      const { pattern } = action;
      const all = pattern.length === 1 && String.fromCharCode(pattern[0]) === "*";
      this.positions[i] = all ? ALWAYS : advance(pattern, 0, this.stamp, 0, stamp.length);
    }
  }

  /** Goes on within a line that goes to these logs. */
  resume(selected: readonly boolean[]): void {
    for (const i of this.selected.keys()) this.selected[i] = selected[i] ?? false;
  }

  /** Lines from here on lie in these bytes. */
  begin(bytes: Buffer): void {
    this.text.become(bytes);
  }

  /** Carries the script out on bytes [from, to). Returns whether other logs are selected than the last time. */
  select(from: number, to: number): boolean {
    const { actions, positions, text } = this;
    let selected = true;
    let changed = false;
    let dir = 0;
    for (let i = 0; i < actions.length; i++) {
      const action = actions[i];
      if (action.kind === "select") {
        if (selected !== action.keep && matches(action.pattern, positions[i], text, from, to))
          selected = action.keep;
      } else if (action.kind === "dir") {
        changed ||= this.selected[dir] !== selected;
        this.selected[dir++] = selected;
      } else if (selected) this.aside(i);
    }
    return changed;
  }
}

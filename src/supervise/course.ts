/** A service's course through the table: one event after the other; actions that cannot be carried out are tried again. */
import { Alarm } from "./alarm.ts";
import { type Action, type Event, type State, table } from "./machine.ts";

const RETRY_MS = 1000;

export interface Actor {
  /** May cause events. What it throws has it called again in a moment, unless the state is another by then. */
  act(action: Action): void;
  /** Told once of actions that keep failing. */
  failed(action: Action, error: unknown): void;
  entered(state: State): void;
  /** Everything that has happened is dealt with. */
  settled(): void;
}

export class Course {
  state: State = "down";
  private readonly events: Event[] = [];
  private handling = false;
  /** What failed in this state, and what was to follow that. */
  private undone: Action[] = [];
  private readonly retry = new Alarm();
  private failing = false;

  constructor(private readonly actor: Actor) {}

  handle(event: Event): void {
    this.events.push(event);
    // an action may cause an event: that comes after the actions of this one
    if (!this.handling) this.carryOn([]);
  }

  private carryOn(undone: readonly Action[]): void {
    this.handling = true;
    try {
      this.do(undone);
      for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
        const [state, actions] = table[this.state][next];
        if (state !== "") {
          this.forget();
          this.state = state;
          this.actor.entered(state);
        }
        this.do(actions);
      }
    } finally {
      this.handling = false;
    }
    this.actor.settled();
  }

  private do(actions: readonly Action[]): void {
    for (const [i, action] of actions.entries()) {
      try {
        this.actor.act(action);
      } catch (error) {
        if (!this.failing) this.actor.failed(action, error);
        this.failing = true;
        this.undone.push(...actions.slice(i));
        this.retry.set(RETRY_MS, () => this.carryOn(this.undone.splice(0)));
        return;
      }
    }
    if (this.undone.length === 0) this.failing = false;
  }

  private forget(): void {
    this.undone = [];
    this.failing = false;
    this.retry.cancel();
  }

  /** As in the beginning. */
  reset(): void {
    this.forget();
    this.state = "down";
    this.events.length = 0;
  }
}

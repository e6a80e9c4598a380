/** What one lifetime has to be written besides calls, samples and threads: signals, events, counts and losses. */
import { Counters, Losses } from "./counts.ts";
import type { Batch, EventRow, SignalRow } from "./model.ts";
import { WaitingRows } from "./waiting-rows.ts";

/** Events beyond which execs of a running service are not kept. */
const MOST_EXECS = 1000;
const tsOf = ({ ts }: { readonly ts: number }): number => ts;

export class SideRows {
  readonly losses = new Losses();
  readonly counters = new Counters();
  readonly signals = new WaitingRows<SignalRow>("signals", this.losses, tsOf);
  readonly events = new WaitingRows<EventRow>("events", this.losses, tsOf);

  /** Of a service that runs programs all the time those between two writes are counted only, but for the first. */
  exec(row: EventRow, running: boolean): void {
    if (running && this.events.count >= MOST_EXECS) this.losses.add(row.ts, 1, "execs not kept: too many");
    else this.events.add(row);
  }

  /** Bytes held, about. */
  get bytes(): number {
    return this.counters.bytes + this.signals.bytes + this.events.bytes;
  }

  /** Nothing comes after the `last`. */
  take(now: number, last: boolean): Pick<Batch, "losses" | "signals" | "events" | "rates" | "histograms"> {
    return {
      losses: this.losses.rows(),
      signals: this.signals.take(),
      events: this.events.take(),
      ...this.counters.take(now, last),
    };
  }

  /** What was taken last was not written. */
  giveBack(batch: Pick<Batch, "signals" | "events" | "rates" | "histograms">): void {
    this.signals.giveBack(batch.signals);
    this.events.giveBack(batch.events);
    this.counters.giveBack(batch);
  }

  /** Gives up about half of the memory. */
  shed(): void {
    this.signals.shed();
    this.events.shed();
    this.counters.sumUp();
  }
}

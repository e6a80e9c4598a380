/** What the ring had no room for, and what of it has been told. */
import type { EventSink } from "../event.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { Kernel } from "./loader.ts";

const FULL = "the ring buffer was full";

export class Losses {
  /** Of what was no call. */
  private others = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly dispatcher: Dispatcher,
    private readonly sink: EventSink,
  ) {}

  /** Records lost. A lost call is told of by its task's next one; of all else nothing tells but this. */
  soFar(): number {
    const { lost, othersLost } = this.kernel.sent;
    this.report(othersLost - this.others, `${FULL}; not calls, but what tasks did besides`);
    this.others = othersLost;
    return lost;
  }

  /** What was lost of tasks that told of nothing afterwards. */
  rest(): void {
    const rest = this.kernel.sent.lost - this.dispatcher.reported;
    this.report(rest, `${FULL}; their tasks told of nothing afterwards`);
  }

  private report(count: number, why: string): void {
    if (count <= 0) return;
    this.dispatcher.reported += count;
    this.sink.lost(count, why);
  }
}

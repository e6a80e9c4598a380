/** Memory of a call still under way: what its entry's record holds, and for the rest the task as it is now. */
import { LiveMemory } from "../live-memory.ts";
import type { RecordMemory } from "./record-memory.ts";

export class LiveRecordMemory extends LiveMemory {
  private recorded: RecordMemory | undefined;

  over(recorded: RecordMemory, tid: number): void {
    this.recorded = recorded;
    this.at(tid);
  }

  protected override fetch(lo: number, hi: number, length: number, at: number): number {
    const from = this.recorded?.readAll(lo, hi, length) ?? -1;
    if (from < 0) return super.fetch(lo, hi, length, at);
    this.bytes.set(this.recorded!.bytes.subarray(from, from + length), at);
    return length;
  }
}

/** CPU samples of one lifetime waiting to be written: each distinct stack and frame once. */

import { Images } from "./images.ts";
import type { RawFrame, SampleRow, Samples } from "./model.ts";

/** Samples kept between two writes; the rest is counted. */
const MAX_WAITING = 50_000;
/** Known stacks beyond which all are forgotten (they get new ids when they come again). */
const MAX_KNOWN = 50_000;

export class SampleBuffer {
  private rows: SampleRow[] = [];
  private stacks: { id: number; frames: number[] }[] = [];
  private frames: RawFrame[] = [];
  private readonly stackIds = new Map<string, number>();
  private readonly frameIds = new Map<string, number>();
  private readonly images = new Images();

  /** The first ids. */
  constructor(
    private nextStack = 0,
    private nextFrame = 0,
  ) {}

  /** Returns false when the sample could not be kept. `frames` as in EventSink.sample. */
  add(
    tid: number,
    pid: number,
    frames: Float64Array,
    count: number,
    kernelFrames: number,
    now: number,
  ): boolean {
    if (this.rows.length >= MAX_WAITING) return false;
    const ids: number[] = [];
    for (let i = 0; i < count; i++) {
      // all but the innermost are return addresses, which may already belong to the next function
      const address = i === 0 || i === kernelFrames ? frames[i] : frames[i] - 1;
      ids.push(i < kernelFrames ? this.frame("[kernel]", address, 0) : this.userFrame(pid, address, now));
    }
    this.rows.push({ ts: now, tid, stack: this.stack(ids) });
    return true;
  }

  get some(): boolean {
    return this.rows.length > 0;
  }

  /** The process exec'd or is gone. */
  forget(pid: number): void {
    this.images.forget(pid);
  }

  take(): Samples {
    const { rows, stacks, frames } = this;
    this.rows = [];
    this.stacks = [];
    this.frames = [];
    if (this.stackIds.size > MAX_KNOWN || this.frameIds.size > MAX_KNOWN) {
      this.stackIds.clear();
      this.frameIds.clear();
    }
    return { rows, stacks, frames };
  }

  /** What was taken last was not written. */
  giveBack(samples: Samples): void {
    this.rows = [...samples.rows, ...this.rows];
    this.stacks = [...samples.stacks, ...this.stacks];
    this.frames = [...samples.frames, ...this.frames];
  }

  /** What stacks and frames stand for is lost. Returns how many samples go with them, those `taken` last included. */
  restart(taken: Samples): number {
    const { rows } = this.take();
    this.stackIds.clear();
    this.frameIds.clear();
    this.nextStack = 0;
    this.nextFrame = 0;
    return taken.rows.length + rows.length;
  }

  private userFrame(pid: number, address: number, now: number): number {
    const { module, offset } = this.images.locate(pid, address, now);
    return this.frame(module, offset, pid);
  }

  private frame(module: string, offset: number, pid: number): number {
    // just-in-time code is at its address in one process only
    const key = module === "[jit]" || module === "" ? `${pid} ${offset}` : `${module} ${offset}`;
    let id = this.frameIds.get(key);
    if (id === undefined) {
      id = this.nextFrame++;
      this.frameIds.set(key, id);
      this.frames.push({ id, module, offset, pid });
    }
    return id;
  }

  private stack(frames: number[]): number {
    const key = frames.join(" ");
    let id = this.stackIds.get(key);
    if (id === undefined) {
      id = this.nextStack++;
      this.stackIds.set(key, id);
      this.stacks.push({ id, frames });
    }
    return id;
  }
}

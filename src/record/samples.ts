/** CPU samples of one lifetime waiting to be written: each distinct stack and frame once. */

import { release } from "./held-files.ts";
import { Images, type Module } from "./images.ts";
import type { RawFrame, SampleRow, Samples } from "./model.ts";

/** Samples kept between two writes; the rest is counted. */
const MAX_WAITING = 50_000;
/** Known stacks or frames beyond which all are forgotten (they get new ids when they come again). */
const MAX_KNOWN = 50_000;

export class SampleBuffer {
  private rows: SampleRow[] = [];
  private stacks: { id: number; frames: number[] }[] = [];
  private frames: RawFrame[] = [];
  /** Stacks and frames with smaller ids will not come again. */
  private settledStack: number;
  private settledFrame: number;
  private readonly stackIds = new Map<string, number>();
  private readonly images = new Images();
  private readonly kernel: Module = { path: "[kernel]", file: undefined, memory: false, frames: new Map() };
  /** How many frames, and how many addresses in processes, have been looked up since all were forgotten. */
  private knownFrames = 0;
  private knownAddresses = 0;
  /** Frames of the sample at hand. */
  private readonly ids: number[] = [];

  /** The first ids. */
  constructor(
    private nextStack = 0,
    private nextFrame = 0,
  ) {
    this.settledStack = nextStack;
    this.settledFrame = nextFrame;
  }

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
    const { ids } = this;
    ids.length = 0;
    for (let i = 0; i < count; i++) {
      // all but the innermost are return addresses, which may already belong to the next function
      const address = i === 0 || i === kernelFrames ? frames[i] : frames[i] - 1;
      ids.push(i < kernelFrames ? this.frame(this.kernel, address, 0) : this.userFrame(pid, address, now));
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
    const { rows, stacks, frames, settledStack, settledFrame } = this;
    this.rows = [];
    this.stacks = [];
    this.frames = [];
    if (this.stackIds.size > MAX_KNOWN || this.knownFrames > MAX_KNOWN) this.forgetIds();
    return { rows, stacks, frames, settledStack, settledFrame };
  }

  /** What was taken is written, or never will be: the files of its frames are let go of. */
  settled(taken: Samples): void {
    release(taken.frames);
  }

  /** What was taken last was not written. */
  giveBack(samples: Samples): void {
    this.rows = [...samples.rows, ...this.rows];
    this.stacks = [...samples.stacks, ...this.stacks];
    this.frames = [...samples.frames, ...this.frames];
  }

  /** What stacks and frames stand for is lost. Returns how many samples go with them, those `taken` last included. */
  restart(taken: Samples): number {
    const { rows, frames } = this.take();
    release(taken.frames);
    release(frames);
    this.nextStack = 0;
    this.nextFrame = 0;
    this.forgetIds();
    return taken.rows.length + rows.length;
  }

  /** What comes from now on gets new ids, so that what is known now can go from the recording with the last sample of it. */
  forgetIds(): void {
    this.settledStack = this.nextStack;
    this.settledFrame = this.nextFrame;
    this.stackIds.clear();
    this.kernel.frames.clear();
    this.images.clear();
    this.knownFrames = 0;
    this.knownAddresses = 0;
  }

  private userFrame(pid: number, address: number, now: number): number {
    const process = this.images.process(pid, now);
    const known = process.frames.get(address);
    if (known !== undefined) return known;
    const place = this.images.locate(pid, process, address, now);
    const id = this.frame(place.module, place.offset, pid, address);
    if (place.module === process.nowhere) return id;
    if (++this.knownAddresses > MAX_KNOWN) {
      this.images.forgetAddresses();
      this.knownAddresses = 0;
    }
    process.frames.set(address, id);
    return id;
  }

  private frame(
    { path, file, memory, frames }: Module,
    offset: number,
    pid: number,
    address?: number,
  ): number {
    let id = frames.get(offset);
    if (id === undefined) {
      id = this.nextFrame++;
      this.knownFrames++;
      frames.set(offset, id);
      this.frames.push({ id, module: path, offset, pid, file, ...(memory ? { address } : {}) });
    }
    return id;
  }

  private stack(frames: number[]): number {
    const key = frames.join(" ");
    let id = this.stackIds.get(key);
    if (id === undefined) {
      id = this.nextStack++;
      this.stackIds.set(key, id);
      this.stacks.push({ id, frames: [...frames] });
    }
    return id;
  }
}

/** Which file is mapped where in a process, as /proc/PID/maps says. */
import { lowest } from "../base/search.ts";
import { identityKey, mappedFile } from "../symbols/mapped-file.ts";
import { executable, isSharedMemory, type Mapping, mappings } from "../symbols/maps.ts";
import { hold } from "./held-files.ts";
import type { ModuleFile } from "./model.ts";

/** What addresses are in. Processes share those of files. */
export interface Module {
  /** As in `Frame`. */
  readonly path: string;
  readonly file: ModuleFile | undefined;
  /** It is memory that a compiler may have written its code to. */
  readonly memory: boolean;
  /** Frames that have an id, by offset. */
  readonly frames: Map<number, number>;
}

export interface Place {
  readonly module: Module;
  /** Offset in the module's file, or the address itself where there is no file. */
  readonly offset: number;
}

interface Range {
  readonly mapping: Mapping;
  /** Undefined as long as nothing in it was looked at. */
  module: Module | undefined;
}

/** A process as its samples need it. */
export class Process {
  ranges: Range[] = [];
  /** When its map was read (ns). */
  read = Number.NEGATIVE_INFINITY;
  /** Frames of addresses that are mapped. */
  readonly frames = new Map<number, number>();
  readonly compiled = module("[jit]");
  readonly nowhere = module("");
}

const module = (path: string, file?: ModuleFile, memory = false): Module => ({
  path,
  file,
  memory,
  frames: new Map(),
});

/** A map is not read again sooner than this (ns), be it that an address was not in it or that another file may be there. */
const REREAD = 1e9;
/** Of the time at most this share goes into reading maps again of which nothing is known to be missing. */
const SHARE = 1 / 200;

export class Images {
  private readonly processes = new Map<number, Process>();
  private readonly modules = new Map<string, Module>();
  /** Not before this time (ns) is a map read that may just have changed. */
  private next = Number.NEGATIVE_INFINITY;

  /** A process whose map is not much older than REREAD. Reads it at the first question. */
  process(pid: number, now: number): Process {
    let process = this.processes.get(pid);
    if (!process) {
      process = new Process();
      this.processes.set(pid, process);
      this.readMap(pid, process, now);
    } else if (now - process.read > REREAD && now >= this.next) {
      const begun = performance.now();
      this.readMap(pid, process, now);
      this.next = now + ((performance.now() - begun) * 1e6) / SHARE;
    }
    return process;
  }

  /** What lies at an address of a process. Reads its map again when it has grown. */
  locate(pid: number, process: Process, address: number, now: number): Place {
    let range = find(process.ranges, address);
    if (!range && now - process.read > REREAD) {
      this.readMap(pid, process, now);
      range = find(process.ranges, address);
    }
    if (!range) return { module: process.nowhere, offset: address };
    const { path, start, offset } = range.mapping;
    if (path === "" || path.startsWith("//anon")) return { module: process.compiled, offset: address };
    range.module ??= this.module(pid, range.mapping);
    return { module: range.module, offset: address - start + (path.startsWith("[") ? 0 : offset) };
  }

  /** The process exec'd or is gone. */
  forget(pid: number): void {
    this.processes.delete(pid);
  }

  /** Frames get new ids. */
  clear(): void {
    this.processes.clear();
    this.modules.clear();
  }

  /** Addresses are looked up anew; frames keep their ids. */
  forgetAddresses(): void {
    for (const { frames } of this.processes.values()) frames.clear();
  }

  private readMap(pid: number, process: Process, now: number): void {
    process.read = now;
    const found = mappings(pid)?.filter(executable);
    // of a process that is gone all stays
    if (!found) return;
    const before = process.ranges;
    process.ranges = found.map((mapping) => {
      const range = find(before, mapping.start);
      return range && same(range.mapping, mapping) ? range : { mapping, module: undefined };
    });
    const changed = process.ranges.some((range, i) => range !== before[i]);
    if (changed || before.length > found.length) process.frames.clear();
  }

  private module(pid: number, mapping: Mapping): Module {
    const { path } = mapping;
    const file = mappedFile(pid, mapping);
    // code that a compiler has written is at its address in one process only
    if (isSharedMemory(mapping)) return module(path, file && { ...file, held: -1 }, true);
    const key = `${file ? identityKey(file) : pid} ${path}`;
    let known = this.modules.get(key);
    if (!known) {
      known = module(path, file && { ...file, held: hold(file) });
      this.modules.set(key, known);
    }
    return known;
  }
}

function find(ranges: readonly Range[], address: number): Range | undefined {
  const found = ranges[lowest(ranges.length, (i) => ranges[i].mapping.start > address) - 1];
  return found && address < found.mapping.end ? found : undefined;
}

const same = (a: Mapping, b: Mapping): boolean =>
  a.start === b.start &&
  a.end === b.end &&
  a.offset === b.offset &&
  a.device === b.device &&
  a.inode === b.inode &&
  a.path === b.path;

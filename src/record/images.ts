/** Which file is mapped where in a process, as /proc/PID/maps says. */
import { executable, findMapping, type Mapping, mappings } from "../symbols/maps.ts";

export interface Place {
  readonly module: string;
  /** Offset in the module's file, or the address itself where there is no file. */
  readonly offset: number;
}

/** A map is not read again sooner than this (ns) because an address was not in it. */
const REREAD = 1e9;

export class Images {
  private readonly byPid = new Map<number, { read: number; ranges: Mapping[] }>();

  /** What lies at an address of a process. Reads its map at the first question and when it has grown. */
  locate(pid: number, address: number, now: number): Place {
    let known = this.byPid.get(pid);
    let range = known && findMapping(known.ranges, address);
    if (!range && (!known || now - known.read > REREAD)) {
      known = { read: now, ranges: mappings(pid)?.filter(executable) ?? known?.ranges ?? [] };
      this.byPid.set(pid, known);
      range = findMapping(known.ranges, address);
    }
    if (!range) return { module: "", offset: address };
    if (range.path === "" || range.path.startsWith("//anon")) return { module: "[jit]", offset: address };
    if (range.path.startsWith("[")) return { module: range.path, offset: address - range.start };
    return { module: range.path, offset: address - range.start + range.offset };
  }

  /** The process exec'd or is gone. */
  forget(pid: number): void {
    this.byPid.delete(pid);
  }
}

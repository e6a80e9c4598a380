/** A strict reader of the Trace Event Format as far as svtrace writes it: what is wrong, as sentences. */
interface Event {
  ph: string;
  name?: string;
  cat?: string;
  ts?: number;
  dur?: number;
  pid?: number;
  tid?: number;
  id?: number | string;
  bp?: string;
  s?: string;
  args?: Record<string, unknown>;
}

export interface Trace {
  traceEvents: Event[];
  displayTimeUnit: string;
  stackFrames?: Record<string, { name: string; parent?: string }>;
  samples?: { tid: number; ts: number; sf: string; weight: number }[];
}

/** Everything that a reader of the format could stumble over. */
export function problemsOf(trace: Trace): string[] {
  const wrong: string[] = [];
  if (!["ns", "ms"].includes(trace.displayTimeUnit)) wrong.push("displayTimeUnit");
  const slices = new Map<string, Event[]>();
  const flows = new Map<unknown, Event[]>();
  const open = new Map<string, number>();
  const named = new Set<string>();
  for (const [i, e] of trace.traceEvents.entries()) {
    const where = `event ${i} (${e.ph} ${e.name})`;
    if (!Number.isInteger(e.pid) || !Number.isInteger(e.tid)) wrong.push(`${where}: pid or tid`);
    if (e.ph !== "M" && !Number.isFinite(e.ts)) wrong.push(`${where}: ts`);
    if (typeof e.name !== "string" || e.name === "") wrong.push(`${where}: name`);
    const track = `${e.pid}/${e.tid}`;
    if (e.ph === "M") {
      if (e.name === "thread_name") named.add(track);
      if (!e.args || !["name", "labels", "sort_index"].some((k) => k in e.args!))
        wrong.push(`${where}: args`);
    } else if (e.ph === "X") {
      if (!(e.dur! >= 0)) wrong.push(`${where}: dur`);
      slices.set(track, [...(slices.get(track) ?? []), e]);
    } else if (e.ph === "s" || e.ph === "f") {
      flows.set(e.id, [...(flows.get(e.id) ?? []), e]);
    } else if (e.ph === "b" || e.ph === "e") {
      const key = `${e.cat} ${e.id} ${e.name}`;
      open.set(key, (open.get(key) ?? 0) + (e.ph === "b" ? 1 : -1));
      if (open.get(key)! < 0) wrong.push(`${where}: ends before it begins`);
    } else if (e.ph === "i") {
      if (!["t", "p", "g"].includes(e.s!)) wrong.push(`${where}: scope`);
    } else wrong.push(`${where}: unknown phase`);
  }
  for (const [key, n] of open) if (n !== 0) wrong.push(`${key}: not ended`);
  for (const [track, all] of slices) {
    if (!named.has(track)) wrong.push(`${track}: has no name`);
    all.sort((a, b) => a.ts! - b.ts!);
    for (const [i, e] of all.entries()) {
      const before = all[i - 1];
      // three digits behind the point, in doubles
      if (before && before.ts! + before.dur! > e.ts! + 0.0005)
        wrong.push(`${track}: ${before.name} overlaps ${e.name}`);
    }
  }
  const inSlice = (e: Event) =>
    (slices.get(`${e.pid}/${e.tid}`) ?? []).some(
      (x) => e.ts! >= x.ts! - 0.0005 && e.ts! <= x.ts! + x.dur! + 0.0005,
    );
  for (const [id, ends] of flows) {
    const [from, to] = [ends.find((e) => e.ph === "s"), ends.find((e) => e.ph === "f")];
    if (ends.length !== 2 || !from || !to) wrong.push(`flow ${id}: not one start and one end`);
    else if (from.ts! > to.ts! || to.bp !== "e" || from.name !== to.name || from.cat !== to.cat)
      wrong.push(`flow ${id}: ends do not fit`);
    else if (!inSlice(from) || !inSlice(to)) wrong.push(`flow ${id}: ends lie in no slice`);
  }
  for (const [id, f] of Object.entries(trace.stackFrames ?? {})) {
    if (f.parent !== undefined && !(f.parent in trace.stackFrames!))
      wrong.push(`frame ${id}: unknown parent`);
  }
  for (const s of trace.samples ?? [])
    if (!(s.sf in (trace.stackFrames ?? {}))) wrong.push(`sample: unknown frame ${s.sf}`);
  return wrong;
}

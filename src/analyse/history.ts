/** All restarts of a service beside each other: durations, trend, outliers. Pure functions. */
import type { Recording } from "../record/model.ts";
import { median } from "./compare.ts";
import { beginning, isCrashing, plan, wasDown } from "./phases.ts";
import type { Report } from "./types.ts";

type Named = Recording & { readonly name: string };

export interface HistoryRow {
  /** File name of the lifetime's recording. */
  readonly recording: string;
  readonly kind: Report["kind"];
  /** Nanoseconds since 1970. */
  readonly when: number;
  readonly askedBy: string | null;
  /** Seconds by phase, in order. */
  readonly phases: readonly { readonly name: string; readonly seconds: number }[];
  readonly total: number;
  /** False: no sign of it, so that the start's end is a guess. */
  readonly ready: boolean;
  /** Of the lifetime before: how it ended. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly lost: number;
  /** Much longer than the median; so many times. */
  readonly outlier: number | undefined;
}

export interface Trend {
  /** Restarts it comes from. */
  readonly count: number;
  readonly median: number;
  /** Median of the earlier and of the later half without what stands out, seconds. */
  readonly earlier: number;
  readonly later: number;
  readonly direction: "slower" | "faster" | "steady";
}

export interface History {
  readonly rows: readonly HistoryRow[];
  readonly trend: Trend | undefined;
}

/** An outlier is this many scaled median deviations above the median, and this many times the median. */
const DEVIATIONS = 4;
const OUTLIER_TIMES = 1.3;
/** Scales the median absolute deviation to a standard deviation of a normal distribution. */
const SCALE = 1.4826;
/** Halves differ when their medians do by this share, and this many seconds. */
const TREND_SHARE = 0.1;
const TREND_SECONDS = 0.02;
const FEWEST = 4;
const FEWEST_FOR_TREND = 6;

/** A lifetime followed another if nothing was recorded between them that cannot be read now. */
const follows = (current: Named | undefined, previous: Named | undefined): boolean =>
  previous !== undefined && current?.lifetime.previous === previous.name;

/**
 * `recordings` of one service, those that can be read, oldest first; their calls are used only where a start has no sign
 * of readiness.
 */
export function history(recordings: readonly Named[]): History {
  const rows = recordings.flatMap((current, i) => {
    const previous = recordings[i - 1];
    // how one that was attached to began is not known
    const begun = current.lifetime.attached
      ? []
      : [row(beginning(current), follows(current, previous) ? previous : undefined)];
    const next = recordings.at(i + 1);
    // a stop that no restart includes
    const alone = follows(next, current)
      ? wasDown(current, next!.lifetime.started)
      : next === undefined && current.lifetime.next === null && !isCrashing(current);
    return alone && stopped(current) ? [...begun, row(current, undefined)] : begun;
  });
  // starts and stops have other phases than restarts
  const totals = rows.filter((r) => r.kind === "restart").map((r) => r.total);
  const middle = median(totals);
  const deviation = SCALE * median(totals.map((t) => Math.abs(t - middle)));
  const enough = totals.length >= FEWEST;
  const judged = rows.map((r) => {
    const far =
      enough &&
      r.kind === "restart" &&
      r.total > middle + DEVIATIONS * deviation &&
      r.total > OUTLIER_TIMES * middle;
    return far ? { ...r, outlier: r.total / middle } : r;
  });
  const usual = judged.filter((r) => r.kind === "restart" && r.outlier === undefined).map((r) => r.total);
  return { rows: judged, trend: enough ? trendOf(usual, middle, totals.length) : undefined };
}

function row(current: Named, previous: Recording | undefined): HistoryRow {
  const p = plan(current, previous);
  const phases = p.phases.map((x) => ({ name: x.name, seconds: (x.to - x.from) / 1e9 }));
  const from = p.phases[0]?.from ?? current.lifetime.started;
  const to = p.phases.at(-1)?.to ?? from;
  const ended = p.previous?.lifetime;
  return {
    recording: current.name,
    kind: p.kind,
    when: from + current.lifetime.anchor,
    askedBy: ended?.asked_by ?? null,
    phases,
    total: (to - from) / 1e9,
    ready: p.kind === "stop" || current.lifetime.ready !== null,
    status: ended?.status ?? null,
    signal: ended?.signal ?? null,
    lost: current.losses.reduce((n, l) => n + l.count, 0),
    outlier: undefined,
  };
}

function stopped({ lifetime }: Recording): boolean {
  return lifetime.asked !== null || lifetime.died !== null;
}

/** `usual`: totals without those that stand out, which would make a trend of chance. */
function trendOf(usual: readonly number[], middle: number, count: number): Trend {
  const half = usual.length >> 1;
  const earlier = median(usual.slice(0, half));
  const later = median(usual.slice(-half));
  const change = later - earlier;
  const clear =
    usual.length >= FEWEST_FOR_TREND &&
    Math.abs(change) > Math.max(TREND_SECONDS, TREND_SHARE * Math.min(earlier, later));
  return {
    count,
    median: middle,
    earlier,
    later,
    direction: !clear ? "steady" : change > 0 ? "slower" : "faster",
  };
}

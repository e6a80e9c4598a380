/** A recording as OpenTelemetry traces (OTLP/JSON): the lifetime, its phases, and the calls that took long. */

import { createHash } from "node:crypto";
import { jsonOf } from "../base/json.ts";
import type { CallRow } from "../record/model.ts";
import { Owners } from "../record/owners.ts";
import type { Source } from "../record/reader.ts";
import { unixNs } from "./order.ts";

const SPAN_KIND_INTERNAL = 1;
const SPAN_KIND_CLIENT = 3;
const STATUS_ERROR = 2;
/** Shorter calls (ns) are left out: a backend for spans is not made for millions. */
const SHORTEST = 1e6;

type Value =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean };

/** The body of an ExportTraceServiceRequest, in pieces. */
export async function* otlpJson({ recording, calls }: Source): AsyncIterable<string> {
  const { lifetime, phases } = recording;
  const end = lifetime.ended ?? lifetime.written;
  const traceId = hash(
    `${lifetime.host} ${lifetime.dir} ${lifetime.pid} ${unixNs(lifetime.started, lifetime.anchor)}`,
    32,
  );
  const time = (ts: number) => String(unixNs(ts, lifetime.anchor));
  const span = (
    name: string,
    key: string,
    parent: string,
    from: number,
    to: number,
    attributes: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ) => ({
    traceId,
    spanId: hash(`${traceId} ${key}`, 16),
    parentSpanId: parent,
    name,
    kind: SPAN_KIND_INTERNAL,
    startTimeUnixNano: time(from),
    endTimeUnixNano: time(Math.max(from, to)),
    attributes: attributesOf(attributes),
    ...more,
  });
  const root = span(`lifetime of ${lifetime.service}`, "lifetime", "", lifetime.started, end, {
    "svtrace.asked_by": lifetime.asked_by,
    "svtrace.ready_by": lifetime.ready_by,
    "process.exit.code": lifetime.status,
    "svtrace.signal": lifetime.signal,
  });
  const parts = phases.map((p) =>
    span(p.name, `phase ${p.name}`, root.spanId, p.started, p.ended ?? end, {}),
  );
  const parentAt = (ts: number): string => {
    const i = phases.findIndex((p) => ts >= p.started && ts < (p.ended ?? Number.POSITIVE_INFINITY));
    return i < 0 ? root.spanId : parts[i].spanId;
  };
  const owners = new Owners(recording.processes);
  const resource = attributesOf({
    "service.name": lifetime.service,
    "host.name": lifetime.host,
    "os.type": "linux",
    "os.version": lifetime.kernel,
    "process.pid": lifetime.pid,
  });
  const scope = { name: "svtrace", version: lifetime.version };
  yield `{"resourceSpans":[{"resource":${jsonOf({ attributes: resource })},"scopeSpans":[`;
  yield `{"scope":${jsonOf(scope)},"spans":[${[root, ...parts].map((s) => jsonOf(s)).join(",")}`;
  let slow = 0;
  for await (const table of calls(SHORTEST)) {
    for (const c of table) {
      const more = {
        kind: /(^| )(tcp|udp|unix):/.test(c.target) ? SPAN_KIND_CLIENT : SPAN_KIND_INTERNAL,
        ...(c.error ? { status: { code: STATUS_ERROR, message: c.error } } : {}),
      };
      const to = c.ts + c.duration;
      const one = span(c.name, `call ${slow++}`, parentAt(c.ts), c.ts, to, callAttributes(c, owners), more);
      yield `,${jsonOf(one)}`;
    }
  }
  yield "]}]}]}\n";
}

function callAttributes(c: CallRow, owners: Owners): Record<string, unknown> {
  const peer = /(?:^| )(?:tcp|udp):(?:\[(.+?)\]|([^ :]+)):(\d+)/.exec(c.target);
  return {
    "process.pid": c.pid,
    "thread.id": c.tid,
    "thread.name": owners.at(c.tid, c.ts)?.comm ?? "",
    "svtrace.call": `${c.name}(${c.args}) = ${c.ret}`,
    "svtrace.target": c.target || undefined,
    "svtrace.unfinished": c.unfinished || undefined,
    "server.address": peer?.[1] ?? peer?.[2],
    "server.port": peer ? Number(peer[3]) : undefined,
    "error.type": c.error || undefined,
  };
}

function attributesOf(values: Record<string, unknown>): { key: string; value: Value }[] {
  const out: { key: string; value: Value }[] = [];
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === "string") out.push({ key, value: { stringValue: value } });
    else if (typeof value === "boolean") out.push({ key, value: { boolValue: value } });
    else if (typeof value === "number") {
      out.push({
        key,
        value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value },
      });
    }
  }
  return out;
}

/** Hexadecimal digits that are the same for the same recording. */
function hash(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

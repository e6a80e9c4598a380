/** What the supervisor, `why` and `record --save` say to the recorder: one JSON object a line. */
import * as v from "valibot";

const pid = v.pipe(v.number(), v.integer(), v.minValue(1));
const dir = v.pipe(v.string(), v.startsWith("/"));
const time = v.number();

/** What the supervisor did before a start; an earlier one does not say. */
const Step = v.object({
  state: v.string(),
  from: time,
  until: time,
  names: v.optional(v.array(v.string()), []),
});

const Message = v.union([
  v.object({
    event: v.literal("start"),
    service: v.string(),
    dir,
    pid,
    time,
    supervisor: v.optional(v.number(), 0),
    between: v.optional(v.array(Step), []),
  }),
  v.object({ event: v.literal("control"), service: v.string(), dir, command: v.string(), time }),
  v.object({
    event: v.literal("death"),
    service: v.string(),
    dir,
    pid,
    status: v.optional(v.nullable(v.union([v.number(), v.string()])), null),
    time,
  }),
  v.object({ event: v.literal("delay"), service: v.string(), dir, until: v.number(), time }),
  v.object({ op: v.literal("flush"), dir: v.optional(v.string()) }),
  v.object({ op: v.literal("save"), dir: v.optional(v.string()) }),
]);

export type Message = v.InferOutput<typeof Message>;
export type Start = Extract<Message, { event: "start" }>;

/** Parses a line. Throws with the reason when it is not a message. */
export function parseMessage(line: string): Message {
  const result = v.safeParse(Message, JSON.parse(line));
  if (!result.success) throw new Error(`not a message: ${result.issues[0].message}`);
  return result.output;
}

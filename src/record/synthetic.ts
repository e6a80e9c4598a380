/** A sink that is told of calls by hand, for tests. */
import type { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import type { Demux } from "./demux.ts";
import { defaultSettings } from "./settings.ts";
import { RecordingSink } from "./sink.ts";
import type { SinkOptions } from "./sink-options.ts";
import { Text } from "./texts.ts";

export const memory = undefined as unknown as Memory;
const clock = 0;
/** A pid that no process has. */
export const PID = 0x3fffffff;

export function makeSink(more: Partial<SinkOptions> = {}): RecordingSink {
  return new RecordingSink({
    path: "unused",
    settings: { ...defaultSettings(), threshold: 10e6 },
    lifetime: { pid: PID, service: "s", dir: "/s", started: 0, anchor: 0 },
    text: {
      enter: (t) => ({ args: new Text(`${t.call.name}-args`), complete: true }),
      exit: (_t, _m, entry) => ({ args: entry.args, ret: new Text("0") }),
      whole: (t) => ({ args: new Text(`${t.call.name}-args`), ret: new Text("0") }),
      forget: () => undefined,
      numbers: (t) => ({ args: new Text(`${t.call.name}-numbers`), ret: new Text("0") }),
      siginfo: () => "{}",
    },
    signalName: (n) => (n === 15 ? "SIGTERM" : `SIG${n}`),
    errnoName: (n) => `E${n}`,
    now: () => clock,
    ...more,
  });
}

/** A call of `task`, from and to in seconds. */
export function call(sink: RecordingSink | Demux, task: Task, name: string, from: number, to: number): void {
  task.call.name = name;
  task.call.entry = from * 1e9;
  task.inCall = true;
  sink.enter(task, memory);
  task.call.exit = to * 1e9;
  sink.exit(task, memory);
  task.inCall = false;
}

/** Values and events as JSON. */
import { expect, it } from "vitest";
import { Task } from "../../capture/event.ts";
import type { Memory } from "../../capture/memory.ts";
import { defaultOptions } from "../../decode/options.ts";
import type { Destinations } from "../line-writer.ts";
import type { Output } from "../output.ts";
import { JsonLines, type JsonOptions } from "./lines.ts";
import { JsonValues } from "./values.ts";

it("keeps a byte order mark at the beginning of a string", () => {
  const values = new JsonValues();
  const bytes = Buffer.from("\ufeffa");
  values.begin();
  values.arg("buf");
  values.str(bytes, 0, bytes.length, false);
  expect(JSON.parse(values.end())).toEqual({ buf: "\ufeffa" });
});

it.each([
  [undefined, ["call", "exit"]],
  [["unfinished"], ["call", "exit"]],
  [["successful"], ["exit"]],
  [["failed"], ["exit"]],
])("shows a call that never returns by its status: %j", (statuses, types) => {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), settle() {} } as unknown as Output;
  const destinations = { of: () => output, done() {} } as unknown as Destinations;
  const options: JsonOptions = {
    signals: undefined,
    statuses: statuses && (new Set(statuses) as unknown as JsonOptions["statuses"]),
    decode: defaultOptions(),
    scheduling: false,
  };
  const lines = new JsonLines(options, destinations);
  const task = new Task(7, 7, 0);
  task.call.name = "exit_group";
  task.inCall = true;
  lines.enter(task, undefined as unknown as Memory);
  lines.exited(task, { status: 0, signal: undefined, coreDumped: false }, 1);
  expect(written.map((line) => JSON.parse(line).type)).toEqual(types);
});

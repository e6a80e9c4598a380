/** The kinds of places -o, -ff and their absence stand for. */

import type { Task } from "../capture/event.ts";
import { closeFd, pipe } from "../kernel/pipes.ts";
import { ChildScript } from "../kernel/spawn.ts";
import type { Destinations } from "./line-writer.ts";
import { Output, openFile } from "./output.ts";

/** Everything to one output. */
export function single(output: Output, prefix: Destinations["prefix"]): Destinations & { close(): void } {
  return {
    of: () => output,
    done: () => {},
    prefix,
    shared: true,
    flush: () => output.flush(),
    close: () => output.close(),
  };
}

/** -ff: FILE.pid for each task, opened when it first writes. */
export function separate(
  path: string,
  append: boolean,
  onBroken: (name: string, why: string) => void,
): Destinations & { close(): void } {
  const outputs = new Map<Task, Output>();
  /** A thread that execs goes on in the file of its leader. */
  const used = new Set<string>();
  return {
    of(task) {
      let output = outputs.get(task);
      if (!output) {
        const name = `${path}.${task.tid}`;
        output = openFile(name, append || used.has(name));
        used.add(name);
        output.onBroken = (why) => onBroken(name, why);
        outputs.set(task, output);
      }
      return output;
    },
    done(task) {
      outputs.get(task)?.close();
      outputs.delete(task);
    },
    prefix: "none",
    shared: false,
    flush() {
      for (const o of outputs.values()) o.flush();
    },
    close() {
      for (const o of outputs.values()) o.close();
    },
  };
}

/** -o '|command': a shell reads the trace. Returns the output and the shell's pid, to be waited for at the end. */
export function command(text: string): { output: Output; pid: number } {
  const [reader, writer] = pipe();
  const shell = new ChildScript()
    .dup2(reader, 0)
    .inherit([1, 2])
    .execve("/bin/sh", ["sh", "-c", text])
    .spawn();
  closeFd(reader);
  return { output: new Output(writer, false, true), pid: shell.pid };
}

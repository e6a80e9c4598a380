/** Asking the recorder of a scan directory. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { connectTo } from "../base/short-path.ts";

/** Socket of the recorder that records the services of `scanDir` (or of the directory it lies in). */
function recorderSocket(scanDir: string): string | undefined {
  return [join(scanDir, ".svtrace"), join(dirname(scanDir), ".svtrace")]
    .map((d) => join(d, "recorder.sock"))
    .find((p) => existsSync(p));
}

/** Sends one message; resolves to the answer, or undefined when none comes within `patience` ms. */
export function askRecorder(
  scanDir: string,
  message: Readonly<Record<string, unknown>>,
  patience: number,
): Promise<Record<string, unknown> | undefined> {
  const path = recorderSocket(scanDir);
  if (!path) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connectTo(path);
    if (!socket) return resolve(undefined);
    let text = "";
    const done = (answer?: Record<string, unknown>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(done, patience);
    socket.on("error", () => done());
    socket.on("close", () => done());
    socket.on("data", (data) => {
      text += data.toString("utf8");
      if (!text.includes("\n")) return;
      try {
        done(JSON.parse(text.split("\n")[0]));
      } catch {
        done();
      }
    });
    socket.on("connect", () => socket.write(`${JSON.stringify(message)}\n`));
  });
}

/** The recorder gets this long (ms) to catch up with what happens, and to write what it has. */
const FLUSH_PATIENCE = 6000;

/** Has the recorder of a scan directory write what it holds, of one service or of all. False when there is none. */
export async function flushRecorder(scanDir: string, serviceDir?: string): Promise<boolean> {
  return (await askRecorder(scanDir, { op: "flush", dir: serviceDir }, FLUSH_PATIENCE)) !== undefined;
}

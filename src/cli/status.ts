/** `svtrace status [DIR] [--json]`: all services of a scan directory. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../base/errors.ts";
import { isSupervised, isTraced, readStatus, secondsSince } from "../supervise/control.ts";
import { isDirectory } from "../supervise/service-files.ts";

interface Row {
  readonly service: string;
  readonly state: "up" | "down" | "unsupervised";
  readonly pid: number;
  readonly seconds: number;
  readonly wanted: string;
  readonly traced: boolean;
}

export async function main(argv: string[]): Promise<number> {
  const json = argv.includes("--json");
  const [dir = "."] = argv.filter((a) => a !== "--json");
  if (!isDirectory(dir)) throw new UsageError(`${dir}: not a directory`);
  const rows = services(dir).map(row);
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) process.stdout.write(`no services in ${dir}\n`);
  else process.stdout.write(format(rows));
  return 0;
}

/** A scan directory's services, or the one service the directory is. */
function services(dir: string): string[] {
  if (existsSync(join(dir, "run"))) return [dir];
  return readdirSync(dir)
    .filter((n) => !n.startsWith(".") && isDirectory(join(dir, n)))
    .sort()
    .map((n) => join(dir, n));
}

function row(dir: string): Row {
  const base = { service: dir, traced: isTraced(dir) };
  try {
    const status = isSupervised(dir) ? readStatus(dir) : undefined;
    if (!status) return { ...base, state: "unsupervised", pid: 0, seconds: 0, wanted: "" };
    return {
      ...base,
      state: status.pid === 0 ? "down" : "up",
      pid: status.pid,
      seconds: secondsSince(status),
      wanted: status.want === "u" ? "up" : status.want === "d" ? "down" : "once",
    };
  } catch {
    return { ...base, state: "unsupervised", pid: 0, seconds: 0, wanted: "" };
  }
}

function format(rows: readonly Row[]): string {
  const head = ["SERVICE", "STATE", "PID", "SECONDS", "WANTED", "TRACED"];
  const body = rows.map((r) => [
    r.service.replace(/[^\x20-\x7e]/g, "?"),
    r.state,
    r.pid ? String(r.pid) : "-",
    r.state === "unsupervised" ? "-" : String(r.seconds),
    r.wanted || "-",
    r.traced ? "yes" : "no",
  ]);
  const widths = head.map((h, i) => Math.max(h.length, ...body.map((b) => b[i].length)));
  return [head, ...body]
    .map(
      (line) =>
        `${line
          .map((c, i) => c.padEnd(widths[i]))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

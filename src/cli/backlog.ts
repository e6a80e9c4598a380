/** Where events wait that there is no CPU time for: with other large temporary files. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { UsageError } from "../base/errors.ts";
import type { BacklogPlace } from "../capture/bpf/backlog.ts";

const LIMIT = 2 ** 30;
const PERSISTENT = "/var/tmp";
const units: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `limit`: bytes, 1 GiB if not given; 0 is no backlog. */
export function backlogPlace(limit = LIMIT): BacklogPlace {
  // what tmpdir() falls back on is often memory
  const disk = process.env.TMPDIR === undefined && existsSync(PERSISTENT);
  return { dir: disk ? PERSISTENT : tmpdir(), limit };
}

/** Bytes of `512M`, `2G`; a number without a unit is bytes. Throws UsageError naming `option`. */
export function parseSize(text: string, option: string): number {
  const m = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  if (!m) throw new UsageError(`${option}: '${text}' is no size (512M, 2G, 0)`);
  return Math.round(Number(m[1]) * units[m[2].toLowerCase()]);
}

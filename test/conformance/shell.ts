/** Runs the cases' commands with the programs of Debian's daemontools, or ours, in front of PATH. */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { djbPrograms } from "../../src/cli/groups/names.ts";
import { compiled, debian, svtracePath } from "../helpers.ts";
import type { Outcome, Step } from "./transcript.ts";

export type Which = "C" | "ours";

export const programs = djbPrograms;

/** Seconds; then the case's processes are killed and its outcome is what there is. */
const PATIENCE = 60;
const MARK = "@@conformance";

const PRELUDE = `
umask 022
# service DIR [COMMANDS]: a service directory whose run script is COMMANDS
service() {
  mkdir -p "$1"
  printf '#!/bin/sh\\n%s\\n' "\${2:-exec sleep 1000}" >"$1/run"
  chmod 755 "$1/run"
}
# until_ COMMAND: waits until it succeeds, 20 s at most
until_() {
  n=0
  while ! eval "$*" >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 400 ] || { echo "waited in vain for: $*"; return 1; }
    sleep 0.05
  done
}
# state WORDS DIR: waits until svstat's line starts with them
state() { until_ "[ \\"\\$(/usr/bin/svstat $2 | sed -n 's/^[^:]*: \\($1\\).*/\\1/p')\\" = '$1' ]"; }
# as_nobody COMMAND: with no privilege, the environment as it is
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
# ends PID: a background process of ours, by TERM; sh's word on it is left out
ends() { kill $1; { wait $1; } 2>/dev/null; :; }
pid_of() { perl -e 'open F, "<", "$ARGV[0]/supervise/status"; read F, $_, 18; print unpack "x12 V", $_' "$1"; }
# show FILE: its bytes in hexadecimal
show() { od -An -tx1 "$1"; }
`;

/** Two directories of links, one for each set of programs. */
export function makeLinks(parent: string): Record<Which, string> {
  const made = { C: join(parent, "c"), ours: join(parent, "o") };
  for (const [which, dir] of Object.entries(made)) {
    mkdirSync(dir);
    for (const p of programs) symlinkSync(which === "C" ? debian(p)! : svtracePath, join(dir, p));
  }
  return made;
}

export interface Ran {
  readonly outcomes: readonly Outcome[];
  /** Everything in the directory afterwards, one line each. */
  readonly tree: readonly string[];
}

/** Runs a case's commands one after the other in a fresh directory. */
export async function runCase(steps: readonly Step[], links: string): Promise<Ran> {
  const home = mkdtempSync(join(tmpdir(), "svtrace-conf-"));
  chmodSync(home, 0o755);
  const id = home.slice(-6);
  try {
    const dir = join(home, "d");
    mkdirSync(dir);
    const script = join(home, "script");
    const body = steps.map(
      ({ command }, i) =>
        `${command}\n{ s=$?; } 2>/dev/null; echo "${MARK} ${i} $s"; echo "${MARK} ${i} $s" >&2\n`,
    );
    writeFileSync(script, PRELUDE + body.join(""));
    const [out, err] = [join(home, "out"), join(home, "err")];
    const env = {
      PATH: `${links}:/usr/bin:/bin:/usr/sbin:/sbin:${dirname(process.execPath)}`,
      HOME: "/",
      LC_ALL: "C",
      TZ: "Asia/Tokyo",
      CASE: id,
      PROBE: compiled("probe"),
    };
    await shell(script, dir, env, out, err);
    endAll(id);
    const cut = sections(
      steps.length,
      normalise(readFileSync(out), links),
      normalise(readFileSync(err), links),
    );
    return { outcomes: cut, tree: tree(dir, links) };
  } finally {
    endAll(id);
    for (const [, place] of readFileSync("/proc/self/mounts", "utf8").matchAll(/^\S+ (\S+)/gm)) {
      if (place.startsWith(`${home}/`)) spawnSync("umount", ["-l", place]);
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Files and not pipes: what a case leaves running must not keep us. */
function shell(script: string, cwd: string, env: NodeJS.ProcessEnv, out: string, err: string): Promise<void> {
  const fds = [openSync(out, "a"), openSync(err, "a")] as const;
  return new Promise((done, failed) => {
    const child = spawn("/bin/sh", [script], { cwd, env, detached: true, stdio: ["ignore", ...fds] });
    for (const fd of fds) closeSync(fd);
    const timer = setTimeout(() => endAll(env.CASE!), PATIENCE * 1000);
    child.on("error", failed);
    child.on("exit", () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Kills what the case started, known by the variable it has in its environment; supervisors first. */
function endAll(id: string): void {
  for (let round = 0; round < 20; round++) {
    const ours = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && belongs(pid, id));
    if (ours.length === 0) return;
    for (const pid of ours) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // gone meanwhile
      }
    }
  }
}

function belongs(pid: string, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`CASE=${id}`);
  } catch {
    return false;
  }
}

function sections(count: number, out: Buffer, err: Buffer): Outcome[] {
  const [a, b] = [split(out), split(err)];
  const missing = { text: Buffer.from("(did not come to its end)\n"), status: -1 };
  return Array.from({ length: count }, (_, i) => ({
    stdout: (a[i] ?? missing).text,
    stderr: (b[i] ?? { text: Buffer.alloc(0) }).text,
    status: (a[i] ?? missing).status,
  }));
}

/** What was printed before each mark, and the status the mark holds. */
function split(bytes: Buffer): { text: Buffer; status: number }[] {
  const parts = bytes.toString("latin1").split(new RegExp(`${MARK} \\d+ (\\d+)\\n`));
  const found = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    found.push({ text: Buffer.from(parts[i], "latin1"), status: Number(parts[i + 1]) });
  }
  return found;
}

/** Process ids, seconds and stamps differ from run to run. */
function normalise(bytes: Buffer, links: string): Buffer {
  return Buffer.from(
    bytes
      .toString("latin1")
      .replace(/\(pid \d+\)/g, "(pid PID)")
      .replace(/\b\d+ seconds/g, "N seconds")
      .replace(/@4[0-9a-f]{23}/g, "@STAMP")
      .replaceAll(links, "BIN")
      .replace(/\/tmp\/svtrace-conf-\w{6}/g, "HOME"),
    "latin1",
  );
}

function tree(dir: string, links: string, prefix = ""): string[] {
  const lines: string[] = [];
  for (const bytes of readdirSync(Buffer.from(dir), { encoding: "buffer" }).sort(Buffer.compare)) {
    const name = bytes.toString("latin1");
    const path = join(dir, bytes.toString());
    if (!existsSync(path) && !isLink(path)) {
      lines.push(`${prefix}${name} (bytes that are no text)`);
      continue;
    }
    const shown = prefix + name.replace(/^@4[0-9a-f]{23}/, "@STAMP");
    // ours keeps more than the originals there; the other is there for a moment at a time
    if (/(^|\/)(supervise\/status\.new|svtrace.*|\.svtrace)$/.test(shown)) continue;
    const stat = lstatSync(path);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) lines.push(`${shown}/ ${mode}`, ...tree(path, links, `${shown}/`));
    else if (stat.isSymbolicLink()) lines.push(`${shown} -> ${readlinkSync(path)}`);
    else if (stat.isFIFO()) lines.push(`${shown} fifo ${mode}`);
    else if (/(^|\/)(status|pid|stat)$/.test(shown)) lines.push(`${shown} ${mode}`);
    else lines.push(`${shown} ${mode} ${normalise(readFileSync(path), links).toString("latin1")}`);
  }
  return lines;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/**
 * What a command finds that a tracer or chain-loader starts or becomes, and Node has changed for itself: signals, closed
 * descriptors, limits. With Debian's programs as with ours; under programs that Debian has not, as without them.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compiled,
  debian,
  lacks,
  needs,
  notRoot,
  python,
  start,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

/** Makes the state its first argument describes, and becomes the rest. */
const BECOME = `
import json, os, resource, signal, sys
state = json.loads(sys.argv[1])
for s in (signal.SIGPIPE, signal.SIGXFSZ): signal.signal(s, signal.SIG_DFL)
for s in state.get("ignored", []): signal.signal(s, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, state.get("blocked", []))
out = os.open(state["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
os.dup2(out, 60)
os.close(out)
fd = os.open("/dev/zero", os.O_RDONLY)
for n in state.get("open", []): os.dup2(fd, n)
os.close(fd)
if state.get("jobserver"):
    for end, n in zip(os.pipe(), (4, 5)): os.dup2(end, n)
    os.close(3)
    os.dup2(os.eventfd(0), 6)
    os.close(3)
for n in state.get("closed", []): os.close(n)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (state.get("files", soft), hard))
os.environb[b"BYTES"] = b"\\xff\\xc3="
os.environb[b"\\xfe"] = b""
os.execvp(sys.argv[2], [os.fsencode(a) for a in sys.argv[2:]] + state.get("bytes", 0) * [b"\\xff", b"", b"a\\nb"])
`;

const subsets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];
const SIGKILL = 9;
const SIGSTOP = 19;
const SIGTERM = 15;
/** glibc keeps 32 and 33 for itself. */
const all = Array.from({ length: 64 }, (_, i) => i + 1).filter(
  (s) => ![SIGKILL, SIGSTOP, 32, 33].includes(s),
);

const states: Readonly<Record<string, object>> = {
  "nothing special": {},
  "bytes that are no UTF-8": { bytes: 1 },
  nohup: { ignored: [1] },
  "all signals ignored": { ignored: all },
  "signals blocked": { blocked: [1, 10, 13, 15, 17, 34, 64] },
  "soft limit on open files below the hard one": { files: 200 },
  "descriptors of others": { open: [7, 15, 16, 40, 100] },
  "a jobserver's pipe, and an eventfd": { jobserver: true },
  ...Object.fromEntries(subsets.map((closed) => [`closed: ${closed.join(", ")}`, { closed }])),
  everything: {
    ignored: all,
    blocked: [1, 15],
    files: 150,
    open: [16, 100],
    closed: [0, 2],
    jobserver: true,
  },
};

const programs: readonly (readonly [name: string, args: (dir: string) => string[]])[] = [
  ["strace", (dir) => ["-o", join(dir, "trace")]],
  ["strace", (dir) => ["-f", "-D", "-o", join(dir, "trace")]],
  ["setuidgid", () => ["root"]],
  ["envuidgid", () => ["root"]],
  ["envdir", (dir) => [dir]],
  ["softlimit", () => ["-c", "0"]],
  ["setlock", (dir) => [join(dir, "lock")]],
  ["pgrphack", () => []],
  ["fghack", () => []],
];

const added: readonly (readonly [name: string, args: (dir: string) => string[]])[] = [
  ["run", (dir) => ["-f", "-o", join(dir, "trace"), "--"]],
  ["record", (dir) => ["-o", join(dir, "r.duckdb"), "--"]],
  ["trace", (dir) => ["-o", join(dir, "trace")]],
];

const environment = {
  PATH: process.env.PATH,
  PROBE_FD: "60",
  Z: "1",
  A: "two words",
  NODE_OPTIONS: "--no-such-option",
};

/** What the probe says; the descriptor it says it to is ours. */
const lines = (text: string): string[] => text.split("\n").filter((l) => !/^fd 60 /.test(l));

/** What the probe says under `prefix`, in lines. */
async function found(
  state: object,
  prefix: readonly string[],
  places: (text: string) => string,
): Promise<string[]> {
  const output = join(tempDir("output"), "output");
  const argv = [
    "-I",
    "-c",
    BECOME,
    JSON.stringify({ ...state, output }),
    ...prefix,
    compiled("probe"),
    "a",
    "b\xff",
  ];
  // nobody reads what it says: fghack has its own words on a child that is reaped by itself
  await new Promise<void>((ended) => {
    execFile(python, argv, { env: environment, timeout: 50_000 }, (_e, _o, x) => {
      if (x) console.log(x);
      ended();
    });
  });
  const said = lines(places(readFileSync(output, "latin1")));
  // which numbers fghack's copies have depends on what it has open itself
  return prefix.some((a) => /fghack$/.test(a)) ? said.filter((l) => !/^fd \d+ pipe/.test(l)) : said;
}

/** Directory names of a run left out. */
const without = (dir: string) => (text: string) => text.replaceAll(dir, "DIR");

const absent = [lacks("python3", "gcc", "strace", "envdir", "fghack"), notRoot()];

/** One program of each kind finds all states, the others those that differ most. */
const thorough = new Set(["strace", "envdir", "setlock", "run"]);
const telling = new Set(["bytes that are no UTF-8", "closed: 1", "closed: 0, 1, 2", "everything"]);

/** What is found in each state: as the result of `look` and as it should be. */
async function compare(
  program: string,
  look: (state: object) => Promise<readonly [ours: string[], right: string[]]>,
): Promise<void> {
  const chosen = Object.entries(states).filter(([what]) => thorough.has(program) || telling.has(what));
  const looks = chosen.map(async ([what, state]) => [what, await look(state)] as const);
  for (const [what, [ours, right]] of await Promise.all(looks)) {
    expect(right.length, what).toBeGreaterThan(10);
    expect(ours, what).toEqual(right);
  }
}

for (const [name, args] of programs) {
  test(...needs(`${[name, ...args("DIR")].join(" ")}: as Debian's`, ...absent), () =>
    compare(name, (state) => {
      const look = (...program: string[]) => {
        const dir = tempDir("inherited");
        return found(state, [...program, ...args(dir)], without(dir));
      };
      return Promise.all([look(svtracePath, name), look(debian(name)!)]);
    }),
  );
}

for (const [name, args] of added) {
  test(...needs(`${name}: as without it`, ...absent), () =>
    compare(name, (state) => {
      const dir = tempDir("inherited");
      const own = found(state, [svtracePath, name, ...args(dir)], without(dir));
      return Promise.all([own, found(state, [], without(dir))]);
    }),
  );
}

test(...needs("supervise and up: a service finds what they were started with", ...absent), async () => {
  const supervisors = [
    [debian("supervise")!, "SERVICE"],
    [svtracePath, "supervise", "SERVICE"],
    [svtracePath, "up", "DIR"],
  ];
  const state = { ...states.everything, ignored: all.filter((s) => s !== SIGTERM), closed: [0] };
  const looks = supervisors.map(async (program) => {
    const dir = tempDir("inherited");
    const service = join(dir, "s");
    mkdirSync(service);
    writeFileSync(join(service, "run"), `#!${compiled("probe")}\n`, { mode: 0o755 });
    const output = join(dir, "output");
    const argv = program.map((a) => ({ SERVICE: service, DIR: dir })[a] ?? a);
    start([python, "-I", "-c", BECOME, JSON.stringify({ ...state, output }), ...argv], {
      env: { ...environment },
    });
    // it is started again and again
    const text = await waitUntil("it has run twice", () => {
      const said = existsSync(output) ? readFileSync(output, "latin1") : "";
      return said.split("Umask").length > 2 && said;
    });
    return lines(text.slice(0, text.indexOf("Umask", 10)).replaceAll(dir, "DIR"));
  });
  const [theirs, ...ours] = await Promise.all(looks);
  expect(theirs.length).toBeGreaterThan(10);
  for (const found of ours) expect(found).toEqual(theirs);
});

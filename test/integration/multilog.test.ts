/** multilog and the TAI64N filters beside Debian's: the same input, and what each leaves behind compared byte for byte. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debian, lacks, needs, run, sleep, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const daemontools = lacks("multilog", "tai64n", "tai64nlocal");

type Which = "C" | "ours";
const both: readonly Which[] = ["C", "ours"];
const tool = (which: Which, name: string): string[] =>
  which === "C" ? [debian(name)!] : [svtracePath, name];

/** Numbers in [0, 1), the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lines of all lengths, many of them short, some of them longer than what patterns see or a file holds. */
function input(seed: number, bytes: number): Buffer {
  const next = random(seed);
  const parts: Buffer[] = [];
  for (let have = 0, i = 0; have < bytes; i++) {
    const kind = next();
    const length = Math.floor(
      kind < 0.05 ? 0 : kind < 0.8 ? next() * 120 : kind < 0.97 ? 900 + next() * 200 : next() * 12000,
    );
    const word = ["error", "warning", "fine", "status"][Math.floor(next() * 4)];
    const line = Buffer.from(`${i} ${word}: `.repeat(1 + length / 10)).subarray(0, length);
    if (next() < 0.2) for (let k = 0; k < length; k += 7) line[k] = Math.floor(next() * 256);
    parts.push(line, Buffer.from("\n"));
    have += length + 1;
  }
  // every other input ends within a line
  return seed % 2 === 0 ? Buffer.concat(parts) : Buffer.concat(parts).subarray(0, -1);
}

/** Everything below `dir`: names, modes and contents, without what tells the time. */
function tree(dir: string, stamped: boolean): unknown[] {
  return readdirSync(dir)
    .sort()
    .map((name) => {
      const path = join(dir, name);
      const s = statSync(path);
      const shown = { name: name.replace(/^@[0-9a-f]{24}/, "@"), mode: s.mode.toString(8) };
      if (s.isDirectory()) return { ...shown, files: tree(path, stamped) };
      const text = readFileSync(path, "latin1");
      return { ...shown, text: stamped ? text.replace(/@4[0-9a-f]{23} /g, "@ ") : text };
    });
}

interface Case {
  readonly script: readonly string[];
  readonly seed: number;
  readonly bytes: number;
  /** Made in the directory before. */
  readonly before?: (dir: string) => void;
}

/** Runs multilog with its input in a file: C's reads are then as large as they can be, and files break alike. */
async function outcome(which: Which, c: Case): Promise<unknown> {
  const dir = tempDir("log");
  c.before?.(dir);
  const file = join(tempDir("input"), "input");
  writeFileSync(file, input(c.seed, c.bytes));
  const fd = openSync(file, "r");
  const [program, ...args] = [...tool(which, "multilog"), ...c.script];
  const child = spawn(program, args, { cwd: dir, stdio: [fd, "pipe", "pipe"] });
  closeSync(fd);
  let stderr = "";
  child.stderr!.setEncoding("latin1").on("data", (d) => {
    stderr += d;
  });
  const status = await new Promise((resolve) => child.on("close", resolve));
  const stamped = c.script[0]?.startsWith("t") ?? false;
  return {
    status,
    stderr: stamped ? stderr.replace(/@4[0-9a-f]{23} /g, "@ ") : stderr,
    files: tree(dir, stamped),
  };
}

const cases: readonly Case[] = [
  { script: ["./main"], seed: 1, bytes: 350_000 },
  { script: ["t", "./main"], seed: 2, bytes: 350_000 },
  { script: ["s4096", "n1000", "./main"], seed: 3, bytes: 120_000 },
  { script: ["t", "s4096", "n1000", "./main"], seed: 4, bytes: 120_000 },
  { script: ["t", "s16384", "n5", "./main", "s9000", "n2", "./other"], seed: 5, bytes: 200_000 },
  { script: ["-*", "+* error*", "s5000", "n50", "./a", "+*", "-*warning*", "./b"], seed: 6, bytes: 100_000 },
  { script: ["t", "-*", "+@* * error*", "e", "=last", "s5000", "./main"], seed: 7, bytes: 30_000 },
  { script: ["-*", "+*status*", "=last", "+1*", "e"], seed: 8, bytes: 30_000 },
  {
    script: ["s1", "n0", "./min", "s99999999", "n7x", "./max", "sx", "nx", "./none"],
    seed: 9,
    bytes: 300_000,
  },
  { script: ["ttt", "q", "x", "", "s8192", "./main"], seed: 10, bytes: 50_000 },
  { script: ["./main", "t", "s6000", "./second"], seed: 11, bytes: 50_000 },
  { script: [], seed: 12, bytes: 10_000 },
  { script: ["s20000", "n20", "!tr a-z A-Z", "./main"], seed: 13, bytes: 90_000 },
  {
    script: ["s20000", "n20", "!(cat <&4; echo run) | tee /dev/fd/5 >/dev/null; wc -c", "./main"],
    seed: 14,
    bytes: 90_000,
  },
  {
    script: ["s20000", "!test -e ../ok || { touch ../ok; exit 1; }; cat", "./main"],
    seed: 15,
    bytes: 30_000,
  },
  {
    script: ["s20000", "!test -e ../ok || { touch ../ok; kill -9 $$; }; cat", "./main"],
    seed: 16,
    bytes: 30_000,
  },
  {
    script: ["s20000", "n4", "./main"],
    seed: 17,
    bytes: 30_000,
    before: (dir) => {
      mkdirSync(join(dir, "main"));
      // counted among the old files, whatever it is
      for (const name of ["@4000000000000000000000000", "@400000000000000000000001.s", "@x", "@zzz"]) {
        writeFileSync(join(dir, "main", name), name);
      }
    },
  },
  { script: ["./no/such"], seed: 18, bytes: 100 },
  { script: ["./main"], seed: 19, bytes: 100, before: (dir) => writeFileSync(join(dir, "main"), "") },
  { script: ["=/no/such/file", "./main"], seed: 20, bytes: 100 },
  {
    script: ["./main"],
    seed: 21,
    bytes: 100,
    before: (dir) => mkdirSync(join(dir, "main/current"), { recursive: true }),
  },
];

for (const c of cases) {
  const name = `multilog ${c.script.map((a) => JSON.stringify(a)).join(" ")}: what C leaves`;
  test(...needs(name, daemontools), async () => {
    const [expected, ours] = await Promise.all(both.map((which) => outcome(which, c)));
    const { stderr: a, ...rest } = expected as { stderr: string };
    const { stderr: b, ...ourRest } = ours as { stderr: string };
    expect(ourRest).toEqual(rest);
    // C adds the last errno it happened to see to "crashed"
    const strip = (text: string) => text.replace(/(processor crashed in \S+, pausing).*/g, "$1");
    expect(strip(b)).toBe(strip(a));
  });
}

/** What a crash can leave, by names and modes. */
const left: readonly Readonly<Record<string, number>>[] = [
  { current: 0o644 },
  { current: 0o744 },
  { current: 0o644, previous: 0o744 },
  { current: 0o644, previous: 0o744, processed: 0o644, newstate: 0o644, state: 0o644 },
  { current: 0o644, previous: 0o744, processed: 0o744, newstate: 0o644, state: 0o644 },
  { current: 0o744, previous: 0o744, processed: 0o744, state: 0o644 },
  { previous: 0o644 },
  { processed: 0o744 },
  { processed: 0o644 },
  { state: 0o600, newstate: 0o600 },
];

for (const files of left) {
  test(...needs(`multilog takes up ${JSON.stringify(files)} as C does`, daemontools), async () => {
    const results = await Promise.all(
      both.map((which) =>
        outcome(which, {
          script: ["s5000", "./main"],
          seed: 22,
          bytes: 3000,
          before: (dir) => {
            mkdirSync(join(dir, "main"));
            for (const [name, mode] of Object.entries(files)) {
              writeFileSync(join(dir, "main", name), `${name}\n`.repeat(300));
              chmodSync(join(dir, "main", name), mode);
            }
          },
        }),
      ),
    );
    expect(results[1]).toEqual(results[0]);
  });
}

test(
  ...needs("multilog's rotation: the same calls in the same order as C's", daemontools, lacks("strace")),
  async () => {
    const calls = async (which: Which, ...script: string[]): Promise<string[]> => {
      const dir = tempDir("log");
      const out = join(dir, "trace");
      const traced = ["fsync", "rename", "link", "unlink", "chmod", "fchmod"].join(",");
      const text = `${"x".repeat(90)}\n`.repeat(60);
      await run(
        [
          ...[debian("strace")!, "-f", "-o", out, "-e", `trace=${traced}`, "-e", "signal=none"],
          ...[...tool(which, "multilog"), ...script, "./main"],
        ],
        { cwd: dir, input: text },
      );
      return (
        readFileSync(out, "latin1")
          .split("\n")
          .map((l) => l.replace(/^\d+ +/, "").replace(/"[^"]*\/([^/"]+)"/g, '"$1"'))
          .map((l) =>
            l
              .replace(/@[0-9a-f]{24}/g, "@")
              .replace(/\((\d+)/, "(FD")
              .replace(/ +=/, " ="),
          )
          // Node's own, of standard output
          .filter((l) => /^(fsync|rename|link|unlink|chmod|fchmod)\(/.test(l) && !l.includes("EINVAL"))
      );
    };
    for (const script of [
      ["s4096", "n2"],
      ["s4096", "!cat"],
    ]) {
      expect(await calls("ours", ...script)).toEqual(await calls("C", ...script));
    }
  },
);

test(...needs("multilog: a locked directory, and what TERM leaves on stdin", daemontools), async () => {
  for (const holder of both) {
    const dir = tempDir("log");
    const held = spawn(tool(holder, "multilog")[0], [...tool(holder, "multilog").slice(1), "./main"], {
      cwd: dir,
      stdio: ["pipe", "ignore", "ignore"],
    });
    await waitUntil("the log", () => existsSync(join(dir, "main/current")));
    for (const which of both) {
      expect(await run([...tool(which, "multilog"), "./main"], { cwd: dir, input: "x\n" })).toMatchObject({
        status: 111,
        stderr: "multilog: fatal: unable to lock directory ./main: temporary failure\n",
      });
    }
    held.stdin.end();
    await new Promise((resolve) => held.on("close", resolve));
  }
  for (const which of both) {
    const dir = tempDir("log");
    const command = `exec 3<&0; ${tool(which, "multilog").join(" ")} ./main <&3 & echo $!; wait $!; exec cat <&3`;
    const child = spawn("sh", ["-c", command], { cwd: dir, stdio: ["pipe", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (d) => {
      out += d;
    });
    child.stdin.write("one\nbegun");
    const current = join(dir, "main/current");
    await waitUntil("a line", () => readFileSync(current, "utf8") === "one\n");
    // what has begun may still be on its way
    await sleep(0.2);
    process.kill(Number.parseInt(out, 10), "SIGTERM");
    await sleep(0.2);
    child.stdin.write(", done\nrest\n");
    child.stdin.end();
    await new Promise((resolve) => child.on("close", resolve));
    expect({ which, text: readFileSync(current, "utf8"), rest: out.replace(/^\d+\n/, "") }).toEqual({
      which,
      text: "one\nbegun, done\n",
      rest: "rest\n",
    });
  }
});

test(...needs("tai64n and tai64nlocal: byte for byte", daemontools), async () => {
  const env = { ...process.env, TZ: "America/New_York" };
  const stamp = "@400000003b4a39c23294b13c";
  const text = [
    `${stamp} a`,
    `${stamp}`,
    `${stamp}no space`,
    ` ${stamp} not at the start`,
    "",
    "@0400000003b4a39c23294b13c a digit more",
    "@4000000000000000ffffffff more nanoseconds than there are",
    "@400000ff000000000294b13c year 36676",
    `${"x".repeat(300_000)} ${stamp}`,
    `\xff\xfe\0 ${stamp}`,
    `${stamp} ends without a newline`,
  ].join("\n");
  const input = Buffer.from(text, "latin1");
  const [c, ours] = await Promise.all(both.map((which) => run(tool(which, "tai64nlocal"), { input, env })));
  expect(ours).toMatchObject({ stdout: c.stdout, status: 0, stderr: "" });
  // the original crashes on these
  for (const label of ["@", "@ x", "@40000000zz", "@4000000037c219bf", "@400000003B4A39C23294B13C x"]) {
    expect((await run(tool("ours", "tai64nlocal"), { input: `${label}\n` })).stdout).toBe(`${label}\n`);
  }
  for (const which of both) {
    const stamped = (await run(tool(which, "tai64n"), { input })).stdout;
    expect(stamped).toMatch(/^@4/);
    expect(stamped.replace(/^@4[0-9a-f]{23} /gm, "")).toBe(input.toString());
    expect(stamped.split("\n").every((l) => /^@4[0-9a-f]{23} /.test(l))).toBe(true);
  }
});

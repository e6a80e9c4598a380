/** bin/svtrace itself: how it finds Node and the program, by whatever name it is called and wherever it lies. */
import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { lacks, needs, notRoot, root, run, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const x64 = process.arch === "x64" ? "" : `no launcher for ${process.arch}`;
const nodeDir = dirname(process.execPath);

/** No variables but these. */
const call = (argv: readonly string[], env: NodeJS.ProcessEnv = {}, argv0 = argv[0]) =>
  spawnSync(argv[0], argv.slice(1), { env, argv0, encoding: "latin1", cwd: "/" });

/** A directory with a link named `program` to bin/svtrace. */
function linkTo(program: string): string {
  const link = join(tempDir("link"), program);
  symlinkSync(svtracePath, link);
  return link;
}

test(
  ...needs("a static program of two kilobytes that cannot write to itself", x64, lacks("readelf")),
  async () => {
    const file = readFileSync(svtracePath);
    expect(file.length).toBeLessThan(3000);
    const { stdout } = await run(["readelf", "-lW", svtracePath]);
    expect(
      stdout
        .match(/^ +(LOAD|GNU_STACK|INTERP|DYNAMIC) .*/gm)!
        .map((l) => l.replace(/0x\w+/g, "").split(/ +/).slice(1, 3)),
    ).toEqual([
      ["LOAD", "R"],
      ["GNU_STACK", "RW"],
    ]);
  },
);

test(...needs("no node: one line, and the exit code of the program that was wanted", x64, notRoot()), () => {
  const needed = "svtrace needs Node.js 20 or newer in PATH\n";
  // where the usual places have none either
  const dir = tempDir("no-node");
  for (const name of ["bin", "dist", "nodes"]) mkdirSync(join(dir, name));
  writeFileSync(join(dir, "dist/main.cjs"), "");
  writeFileSync(join(dir, "nodes/node"), "");
  copyFileSync(svtracePath, join(dir, "bin/svtrace"));
  for (const name of ["setlock", "strace"]) symlinkSync("svtrace", join(dir, "bin", name));
  const absent = `/nonexistent:/bin/svtrace:${"x".repeat(5000)}:`;
  const cases: [argv: string[], PATH: string, status: number, line: string][] = [
    [["svtrace", "strace", "true"], absent, 127, "strace: unable to run node: file does not exist"],
    [["svtrace"], absent, 127, "svtrace: unable to run node: file does not exist"],
    [["svtrace", "up"], absent, 127, "svtrace: unable to run node: file does not exist"],
    [["svtrace", "envdir"], absent, 111, "envdir: fatal: unable to run node: file does not exist"],
    [["setlock", "x"], absent, 111, "setlock: fatal: unable to run node: file does not exist"],
    [["strace", "envdir"], "/nodes", 127, "strace: unable to run node: errno 13"],
  ];
  for (const [[program, ...operands], PATH, status, line] of cases) {
    const r = call(["/usr/sbin/chroot", dir, `/bin/${program}`, ...operands], { PATH });
    // a directory that is too long is an error of its own
    const said = r.stderr.replace("errno 36", "file does not exist");
    expect({ program, operands, status: r.status, stdout: r.stdout, said }).toEqual({
      program,
      operands,
      status,
      stdout: "",
      said: `${line}; ${needed}`,
    });
  }
});

test(...needs("where PATH has no node it is looked for in the usual places", x64), () => {
  const usual = nodeDir === "/usr/bin" || nodeDir === "/usr/local/bin";
  for (const PATH of ["/nonexistent", ""]) {
    expect(call([svtracePath, "--version"], { PATH }).status).toBe(usual ? 0 : 127);
  }
});

test(
  ...needs("node is looked for as by env: what cannot be run is passed over, an empty name is here", x64),
  () => {
    const dir = tempDir("nodes");
    writeFileSync(join(dir, "node"), "");
    symlinkSync(process.execPath, join(dir, "nodejs"));
    const found = (PATH: string) => call([svtracePath, "--version"], { PATH }).status;
    expect(found(`${dir}:/nonexistent:${nodeDir}`)).toBe(0);
    expect(
      spawnSync(svtracePath, ["--version"], { env: { PATH: ":/nonexistent" }, cwd: nodeDir }).status,
    ).toBe(0);
    if (nodeDir === "/usr/bin" || nodeDir === "/bin") expect(call([svtracePath, "--version"]).status).toBe(0);
  },
);

test(...needs("what answers to others all the time gets other options of Node", x64), () => {
  const dir = tempDir("node");
  writeFileSync(join(dir, "node"), '#!/bin/sh\necho "$1"\n', { mode: 0o755 });
  const option = (...argv: string[]) => call(argv, { PATH: dir }).stdout;
  const usual = "--single-threaded\n";
  for (const argv of [["strace", "up"], ["record", "up"], [], ["svc"], ["upper"]]) {
    expect(option(svtracePath, ...argv)).toBe(usual);
  }
  expect(option(linkTo("strace"), "up")).toBe(usual);
  for (const argv of [["up", "x"], ["svscan"], ["supervise", "x"], ["logger", "x"]]) {
    expect(option(svtracePath, ...argv)).toBe("--max-semi-space-size=1\n");
  }
  expect(option(linkTo("svscan"))).toBe("--max-semi-space-size=1\n");
});

test(...needs("a package without its program says so", x64), () => {
  const bin = join(tempDir("package"), "bin");
  mkdirSync(bin);
  copyFileSync(svtracePath, join(bin, "svtrace"));
  const say = "unable to find dist/main.cjs of svtrace; install it again, or npm run build\n";
  expect(call([join(bin, "svtrace"), "svc"], process.env)).toMatchObject({
    status: 111,
    stderr: `svc: ${say}`,
  });
  expect(call([join(bin, "svtrace")], process.env)).toMatchObject({ status: 127, stderr: `svtrace: ${say}` });
  // what lies beside the current directory is somebody else's
  const current = join(tempDir("current"), "bin");
  mkdirSync(current);
  mkdirSync(join(current, "../dist"));
  writeFileSync(join(current, "../dist/main.cjs"), "console.log('somebody else')");
  expect(
    spawnSync(join(bin, "svtrace"), [], { argv0: "svtrace", cwd: current, encoding: "latin1" }),
  ).toMatchObject({ status: 127, stderr: `svtrace: ${say}` });
});

test(...needs("a note that was there before is a variable like any other", x64), () => {
  for (const note of ["x", `${"0".repeat(112)}:/bin/svtrace`]) {
    const env = { PATH: `${nodeDir}:/bin`, SVTRACE_START: note };
    const r = call([svtracePath, "strace", "-o", "/dev/null", "env"], env);
    expect(r).toMatchObject({ status: 0, stdout: expect.stringContaining(`SVTRACE_START=${note}\n`) });
  }
});

test("the program by argv[0], by the name of the file, or by the first argument", () => {
  const PATH = nodeDir;
  const usage = (name: string) => expect.stringMatching(new RegExp(`^${name}: usage: `));
  expect(call([linkTo("envdir")], { PATH })).toMatchObject({ status: 111, stderr: usage("envdir") });
  expect(call([svtracePath], { PATH }, "pgrphack")).toMatchObject({ status: 100, stderr: usage("pgrphack") });
  expect(call([linkTo("fghack")], { PATH }, "something")).toMatchObject({
    status: 100,
    stderr: usage("fghack"),
  });
  expect(call([linkTo("elsewhere"), "fghack"], { PATH })).toMatchObject({
    status: 100,
    stderr: usage("fghack"),
  });
  const script = join(tempDir("script"), "run");
  writeFileSync(script, `#!${linkTo("pgrphack")} /bin/echo\n`, { mode: 0o755 });
  expect(call([script, "a b"], { PATH })).toMatchObject({ status: 0, stdout: `${script} a b\n` });
});

test(...needs("a channel to the parent is the command's, not ours", lacks("strace")), async () => {
  const file = join(tempDir("channel"), "trace");
  const node = [process.execPath, "-e", "process.send(process.argv0 + process.env.NODE_NO_WARNINGS)"];
  const child = spawn(svtracePath, ["strace", "-o", file, ...node], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  const said = await new Promise((settle) => {
    child.on("message", settle);
    child.on("exit", (code) => settle(`ended: ${code}`));
  });
  expect(said).toBe(`${process.execPath}1`);
  await new Promise((ended) => (child.exitCode === null ? child.on("exit", ended) : ended(0)));
});

test(
  ...needs("without /proc it finds itself by the name it was called by", lacks("unshare"), notRoot()),
  () => {
    const link = linkTo("envdir");
    const dir = tempDir("variables");
    writeFileSync(join(dir, "SAID"), "yes");
    const script = [
      "mount -t tmpfs none /proc",
      `${link} ${dir} sh -c 'echo $SAID "$1"' sh 'a b'`,
      `cd ${dirname(svtracePath)}; ./svtrace envdir ${dir} sh -c 'echo $SAID'`,
      `PATH=$PATH:. svtrace envdir ${dir} sh -c 'echo $SAID' <&-`,
      "svtrace --version",
    ].join(" && ");
    const r = spawnSync("unshare", ["-m", "sh", "-c", script], {
      encoding: "utf8",
      env: { PATH: `${process.env.PATH}:.` },
    });
    if (/unshare failed|mount:/.test(r.stderr)) return expect(r.stderr).toMatch(/not permitted|denied/);
    expect(r).toMatchObject({ stderr: "", stdout: expect.stringMatching(/^yes a b\nyes\nyes\nsvtrace /) });
  },
);

const [packing, options] = needs("the packed package: npm's link in bin/ runs it", lacks("npm", "tar"));
test(packing, { ...options, timeout: 120_000 }, async () => {
  const dir = tempDir("package");
  const packed = await run(["npm", "pack", "--pack-destination", dir, "--loglevel=error"], {
    cwd: root,
    timeout: 60,
  });
  expect(packed).toMatchObject({ status: 0 });
  const [file] = packed.stdout.trim().split("\n").slice(-1);
  // as npm install does, but for the dependencies, which are these
  expect(await run(["tar", "xzf", join(dir, file), "-C", dir])).toMatchObject({ status: 0 });
  const installed = join(dir, "lib/node_modules/svtrace");
  mkdirSync(dirname(installed), { recursive: true });
  renameSync(join(dir, "package"), installed);
  symlinkSync(join(root, "node_modules"), join(installed, "node_modules"));
  mkdirSync(join(dir, "bin"));
  const link = join(dir, "bin/svtrace");
  symlinkSync("../lib/node_modules/svtrace/bin/svtrace", link);
  expect(await run([link, "--version"])).toMatchObject({ status: 0, stderr: "" });
  expect(await run([link, "applets", join(dir, "applets")])).toMatchObject({ status: 0, stderr: "" });
  expect(readlinkSync(join(dir, "applets/envdir"))).toBe(link);
  expect(await run([join(dir, "applets/pgrphack"), "echo", "yes"])).toMatchObject({
    status: 0,
    stdout: "yes\n",
  });
  const trace = join(dir, "trace");
  expect(await run([link, "run", "-o", trace, "--", "true"])).toMatchObject({ status: 0, stderr: "" });
  await waitUntil("the trace", () => readFileSync(trace, "utf8").includes("+++ exited with 0 +++"));
});

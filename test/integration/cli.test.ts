/** Help, manual pages, completions and errors, which come from the option tables. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shells } from "../../src/cli/options/completions.ts";
import { helpText } from "../../src/cli/options/help.ts";
import { programs, table } from "../../src/cli/options/index.ts";
import { allPages, pageFile } from "../../src/cli/options/man.ts";
import { parseArguments } from "../../src/cli/options/parse.ts";
import { lacks, needs, root, run, svtrace, tempDir } from "../helpers.ts";

const commands = programs.filter((p) => !p.applet);

test("help: every program has its own, with each of its options", async () => {
  for (const p of programs) {
    for (const o of p.options ?? []) expect(helpText(p)).toContain(o.long ? `--${o.long}` : `-${o.short}`);
  }
  for (const argv of [
    ["status", "--help"],
    ["why", "-h"],
    ["record", "-o", "x", "--help"],
    ["help", "softlimit"],
  ]) {
    const p = programs.find((q) => q.name === argv.find((a) => a !== "help"))!;
    expect(await svtrace(argv)).toMatchObject({ status: 0, stderr: "", stdout: helpText(p) });
  }
  const general = await svtrace(["--help"]);
  for (const p of programs) expect(general.stdout).toContain(p.name);
});

test("wrong usage is one line that says what is wrong, and 2", { timeout: 120_000 }, async () => {
  for (const p of commands.filter(
    (c) => c.name !== "help" && c.exits.some(([code, what]) => code === "2" && what === "wrong usage"),
  )) {
    const wrong = await svtrace([p.name, "--no-such-option"]);
    expect({ name: p.name, status: wrong.status }).toEqual({ name: p.name, status: 2 });
    expect(wrong.stderr).toMatch(new RegExp(`^svtrace ${p.name}: .*no-such-option.*\n$`));
    expect(wrong.stdout).toBe("");
  }
  expect(await svtrace(["nosuch"])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^svtrace: unknown command/),
  });
  expect((await svtrace(["logs"])).stderr).toMatch(/^svtrace logs: SERVICE is missing; /);
  expect((await svtrace(["doctor", "more"])).stderr).toMatch(
    /^svtrace doctor: one argument too many: more; /,
  );
  expect((await svtrace(["completions", "tcsh"])).stderr).toMatch(
    /^svtrace completions: no completions for tcsh; /,
  );
});

test(...needs("doctor and trace where pidfd_open is forbidden", lacks("perl")), async () => {
  const filter = "0x20,0,0,0, 0x15,0,1,434, 6,0,0,0x50001, 6,0,0,0x7fff0000";
  const script = `my $code = pack("SCCL" x 4, ${filter}); my $filter = pack("Sx6P", 4, $code);
syscall(157, 38, 1, 0, 0, 0); syscall(157, 22, 2, $filter) == 0 or die; exec @ARGV`;
  const forbidden = ["perl", "-e", script, join(root, "bin/svtrace")];
  const { engine, probes } = JSON.parse((await run([...forbidden, "doctor", "--json"])).stdout);
  expect(engine).toBe("ptrace");
  const [probe] = probes.filter((p: { name: string }) => p.name === "thread pidfd");
  expect(probe).toMatchObject({ ok: false, found: "EPERM", remedy: expect.stringMatching(/allow it/) });
  const traced = await run([...forbidden, "trace", "-e", "trace=exit_group", "true"]);
  expect(traced).toMatchObject({ status: 0 });
  expect(traced.stderr).toMatch(/^svtrace trace: using ptrace, .*\nexit_group\(0\)/);
});

test("programs with names that are no UTF-8, given or found along PATH", async () => {
  const script = `cd "$1"; name=$(printf 'sp\\377') dir=$(printf 'd\\377'); mkdir "$dir"
cp /bin/true "$name"; cp /bin/true "$dir/along-path"; PATH=$PATH:$PWD/$dir
for p in ./"$name" along-path; do
  "$0" strace -qq -o out "$p" && grep -c execve out && "$0" record -o recording -- "$p" || exit
done
"$0" record -o "$name.duckdb" true; echo $?; ls -b`;
  const { stdout, stderr } = await run(["sh", "-c", script, join(root, "bin/svtrace"), tempDir("names")]);
  expect(stdout).toBe("1\n1\n1\nd\\377\nout\nrecording\nsp\\377\n");
  expect(stderr).toBe("svtrace record: sp\\xff.duckdb: a recording's name must be UTF-8\n");
});

test("-p given again: one more process, or refused where there can be only one", async () => {
  for (const name of ["stuck", "top"]) {
    const { values } = parseArguments(table(name), ["-p", "1,2", "--attach=3", "-p4"]);
    expect(values.get("attach")).toBe("1,2,3,4");
  }
  for (const name of ["record", "why"])
    expect(await svtrace([name, "-p", "1", "-p", "2"])).toMatchObject({
      status: 2,
      stderr: `svtrace ${name}: -p can be given once only; svtrace ${name} --help says more\n`,
    });
});

test(...needs("manual pages: no warnings from man-db and mandoc", lacks("man", "mandoc")), async () => {
  const dir = join(root, "docs/man");
  const pages = allPages.map(pageFile);
  expect(readdirSync(dir).sort()).toEqual([...pages].sort());
  const files = pages.map((p) => join(dir, p));
  const env = { ...process.env, LC_ALL: "C.UTF-8", MANWIDTH: "80" };
  for (const file of files) {
    const shown = await run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", file], { env });
    expect({ file, ...shown }).toMatchObject({ status: 0, stderr: "" });
    expect(shown.stdout.replace(/.\x08|\x1b\[[0-9;]*m/g, "")).toContain("SYNOPSIS");
  }
  expect(await run(["mandoc", "-T", "lint", "-W", "warning", ...files])).toMatchObject({
    status: 0,
    stdout: "",
  });
  expect((await svtrace(["man", "svc"])).stdout).toBe(readFileSync(join(dir, "svc.8"), "utf8"));
});

/** What is offered for the last word, by shell. */
const offered: readonly { words: string[]; includes: string[]; lacks?: string }[] = [
  { words: ["svtrace", "sta"], includes: ["status"], lacks: "restart" },
  { words: ["svtrace", "why", "--j"], includes: ["--json"] },
  { words: ["svtrace", "help", "svs"], includes: ["svscan", "svstat"], lacks: "svc" },
  { words: ["svtrace", "completions", ""], includes: ["bash", "zsh", "fish"] },
  { words: ["svtrace", "export", "--format", ""], includes: ["strace", "json"] },
  { words: ["svtrace", "status", "scan/w"], includes: ["scan/web"] },
  { words: ["svc", "-"], includes: ["-u", "-d", "-t"] },
  { words: ["setuidgid", "nobo"], includes: ["nobody"] },
];

function shellDir(shell: string): { dir: string; script: string } {
  const dir = tempDir("completion");
  mkdirSync(join(dir, "scan/web"), { recursive: true });
  const script = join(dir, `svtrace.${shell}`);
  writeFileSync(script, shells[shell]());
  return { dir, script };
}

function check(words: readonly string[], got: string, includes: readonly string[], without?: string) {
  const found = got.split(/\s+/).map((w) => w.replace(/\/$/, ""));
  expect(found, words.join(" ")).toEqual(expect.arrayContaining([...includes]));
  if (without) expect(found).not.toContain(without);
}

test(...needs("completions in bash", lacks("bash")), async () => {
  const { dir, script } = shellDir("bash");
  for (const { words, includes, lacks: without } of offered) {
    const ask =
      'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _svtrace; printf "%s\\n" "${COMPREPLY[@]}"';
    const got = await run(["bash", "--norc", "-c", ask, script, ...words], { cwd: dir });
    expect(got.stderr).toBe("");
    check(words, got.stdout, includes, without);
  }
});

test(...needs("completions in fish", lacks("fish")), async () => {
  const { dir, script } = shellDir("fish");
  const env = { ...process.env, HOME: dir };
  for (const { words, includes, lacks: without } of offered) {
    const got = await run(["fish", "-N", "-c", `source ${script}; complete -C '${words.join(" ")}'`], {
      cwd: dir,
      env,
    });
    expect(got.stderr).toBe("");
    check(words, got.stdout, includes, without);
  }
});

test(...needs("completions in zsh", lacks("zsh")), async () => {
  const { dir, script } = shellDir("zsh");
  // what the completion would insert or list, without a terminal in between
  const probe = join(dir, "probe.zsh");
  writeFileSync(
    probe,
    `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; cd ${dir}; autoload -U compinit; compinit -D -u; source ${script}
compadd() { local -a hits; builtin compadd -O hits \\"\\$@\\"; (( \\$#hits )) && print -rl -- \\$hits >>${dir}/hits; builtin compadd \\"\\$@\\"; }
bindkey '^I' list-choices; print READ''Y"
zpty -r z out '*READY*'
zpty -w -n z "$1"$'\\t'
repeat 100; do [[ -s ${dir}/hits ]] && break; sleep 0.1; done
sleep 0.3
zpty -d z
`,
  );
  for (const { words, includes, lacks: without } of offered) {
    writeFileSync(join(dir, "hits"), "");
    await run(["zsh", "-f", probe, words.join(" ")], { cwd: dir });
    const got = readFileSync(join(dir, "hits"), "utf8").replace(/^web$/m, "scan/web");
    check(words, got, includes, without);
  }
});

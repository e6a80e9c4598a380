/** `svtrace top`: as text, and on a terminal of 80x24 (tmux). */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  lacks,
  needs,
  noBpf,
  notRoot,
  processState,
  python,
  run,
  start,
  svtrace,
  svtracePath,
  tempDir,
  waitUntil,
} from "../helpers.ts";

const bpf = noBpf();

test(...needs("--once: rates, percentiles and what is blocked, as plain text", bpf), async () => {
  const busy = start(["sh", "-c", "exec dd if=/dev/zero of=/dev/null bs=1"]);
  const { stdout, status } = await svtrace(["top", "--once", "--interval=1s", "-p", String(busy.pid)]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  // what came before anything was counted is no part of the interval
  expect(stdout).toMatch(/^svtrace top: process \d+, 1\.[0-2] s$/m);
  const row = stdout.split("\n").find((l) => l.trim().startsWith(`${busy.pid} dd`))!;
  expect(row).toMatch(/\d+(\.\d)?[kM] /);
  expect(stdout).toMatch(/^read +\S+ +0 +\d/m);
  expect(stdout).toMatch(/^write /m);
});

test(...needs("a thread that is blocked shows, with what it waits for", bpf, lacks("python3")), async () => {
  const child = start([python, "-c", "import os,time\nr,w=os.pipe()\ntime.sleep(3)\nos.read(r,1)"]);
  const { stdout } = await svtrace(["top", "--once", "--interval=6s", "-p", String(child.pid)]);
  expect(stdout).toMatch(new RegExp(`^ *${child.pid} python3 +\\S+ ipc +read on pipe:\\[\\d+\\]`, "m"));
  expect(stdout).toMatch(/threads blocked: .*ipc 0\.\d\d/);
});

test(...needs("so does one that was blocked before", bpf), async () => {
  const child = start(["sleep", "60"]);
  await waitUntil("its sleep", () => /nanosleep/.test(wchan(child.pid!)));
  const { stdout } = await svtrace(["top", "--once", "--interval=1s", "-p", String(child.pid)]);
  expect(stdout).toMatch(/threads blocked: sleep (0\.9\d|1\.00)$/m);
  expect(stdout).toMatch(new RegExp(`^ *${child.pid} sleep .* (9\\d|100)\\.\\d clock_nanosleep$`, "m"));
});

test(...needs("what is started meanwhile goes by its own name, in the end, too", bpf), async () => {
  const dd = "dd if=/dev/zero of=/dev/null bs=1 count=5000 status=none";
  const child = start(["sh", "-c", `while :; do ${dd}; done`]);
  const { stdout } = await svtrace(["top", "--once", "--interval=1s", "-p", String(child.pid)]);
  const processes = [...stdout.matchAll(/^ *(\d+) (\S+) +\d\S* +\d\S* /gm)].map(([, pid, name]) => ({
    pid,
    name,
  }));
  const others = processes.filter(({ pid }) => pid !== String(child.pid));
  expect(others.filter(({ name }) => name === "dd").length).toBeGreaterThan(2);
  // one may not have come to its exec
  expect(others.filter(({ name }) => name !== "dd").length).toBeLessThan(2);
});

interface Pane {
  keys(...keys: string[]): void;
  screen(): string;
  resize(columns: number, rows: number): void;
  /** Of the command. */
  pid(): number;
  gone(): boolean;
}

/** A terminal of 80x24 with svtrace top in it. */
const terminal = (options: string): Pane => pane(`${svtracePath} top ${options}`);

/** A terminal of 80x24 with that command in it. */
function pane(command: string): Pane {
  const name = `svtrace-test-${process.pid}`;
  const tmux = (...args: string[]) =>
    execFileSync("tmux", ["-L", name, "-f", "/dev/null", ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    }).toString();
  tmux("new-session", "-d", "-x", "80", "-y", "24", command);
  const gone = () => {
    try {
      tmux("has-session");
      return false;
    } catch {
      return true;
    }
  };
  onTestFinished(() => {
    if (!gone()) tmux("kill-server");
  });
  return {
    keys: (...keys) => void tmux("send-keys", ...keys),
    screen: () => tmux("capture-pane", "-p"),
    pid: () => Number(tmux("display-message", "-p", "#{pane_pid}")),
    resize: (columns, rows) => void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    gone,
  };
}

test(
  ...needs(
    "on a terminal: sort, filter, freeze, look into, back, quit; hostile names are escaped",
    bpf,
    lacks("tmux"),
  ),
  async () => {
    const dir = tempDir("top");
    const evil = join(dir, "a\x1b[31mb");
    copyFileSync("/usr/bin/dd", evil);
    chmodSync(evil, 0o755);
    const busy = start(["sh", "-c", 'exec "$0" if=/dev/zero of=/dev/null bs=1', evil]);
    const other = start(["sh", "-c", "while :; do sleep 0.02; done"]);
    const t = terminal(`--interval=300ms -p ${busy.pid},${other.pid}`);
    const shows = (what: RegExp) => waitUntil(String(what), () => what.exec(t.screen()), 20);
    await shows(new RegExp(`${busy.pid} a\\\\33\\[31mb`));
    expect(
      t
        .screen()
        .split("\n")
        .every((l) => l.length <= 80),
    ).toBe(true);
    expect(t.screen()).toMatch(/^q quit {2}\? help .* space freeze$/m);
    await shows(/CALLS\/S\*/);
    t.keys("s");
    await shows(/ERR\/S\*/);
    for (let i = 0; i < 5; i++) t.keys("s");
    await shows(/CALLS\/S\*/);
    t.keys("Enter");
    await shows(new RegExp(`process ${busy.pid}`));
    await shows(/^(read|write) /m);
    t.keys("Escape");
    await shows(/PID COMMAND/);
    t.keys("/", "s", "h", "Enter");
    await shows(/\/sh/);
    expect(t.screen()).not.toContain("31mb");
    t.keys("Escape");
    await shows(/31mb/);
    t.keys("p");
    await shows(/^SYSCALL/m);
    t.keys("Space");
    await shows(/\[frozen\]/);
    t.keys("?");
    await shows(/choose a line/);
    t.keys("q");
    await waitUntil("the end", t.gone);
  },
);

/** A shell with job control, and svtrace top of a process that sleeps in it. */
async function inShell() {
  const { pid } = start(["sleep", "60"]);
  const t = pane("exec env PS1='ready> ' bash --norc --noprofile");
  const shows = (what: RegExp) => waitUntil(String(what), () => what.exec(t.screen()), 20);
  await shows(/^ready>$/m);
  t.keys(`${svtracePath} top --interval=300ms -p ${pid}`, "Enter");
  await shows(/^q quit/m);
  const shell = t.pid();
  const top = Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "latin1").trim());
  return { t, pid: pid!, top, shows };
}

test(
  ...needs("^Z and SIGTSTP give the terminal to the shell, fg takes it back", bpf, lacks("tmux")),
  async () => {
    const { t, top, shows } = await inShell();
    const stopped = () => waitUntil("the shell's prompt", () => /^ready>$/m.test(t.screen()));
    const works = async () => {
      await shows(/^q quit/m);
      t.keys("?");
      await shows(/choose a line/);
      t.keys("?");
      await waitUntil("no help", () => !/choose a line/.test(t.screen()));
    };
    for (const stop of [() => t.keys("C-z"), () => process.kill(top, "SIGTSTP")]) {
      stop();
      await stopped();
      // the shell echoes what is typed
      t.keys("echo a''b", "Enter");
      await shows(/^ready> echo a''b$/m);
      await shows(/^ab$/m);
      t.keys("clear; fg", "Enter");
      await works();
    }
    // stopped without being asked: nothing can be restored before
    process.kill(top, "SIGSTOP");
    await waitUntil("its stop", () => processState(top) === "T");
    t.resize(100, 30);
    t.keys("fg", "Enter");
    await works();
    await waitUntil(
      "the new size",
      () =>
        t
          .screen()
          .split("\n")
          .findIndex((l) => l.startsWith("q quit")) === 29,
    );
    t.keys("q");
    await waitUntil("the shell's prompt", () => /^ready>$/m.test(t.screen()));
  },
);

test(...needs("the end of what it watches is said", bpf, lacks("tmux")), async () => {
  const { pid, shows } = await inShell();
  process.kill(pid, "SIGTERM");
  await shows(new RegExp(`^svtrace top: nothing is left to watch: process ${pid} ended$`, "m"));
});

test("no process among those given is not all of them", async () => {
  for (const options of [["-p", ""], [" , "]]) {
    const { status, stderr } = await svtrace(["top", "--once", ...options]);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^svtrace top: which process\? -p PID/),
    });
  }
});

test(
  ...needs("without privileges it says what it needs, and no option it lacks", notRoot(), lacks("setpriv")),
  async () => {
    const nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all"];
    for (const command of [
      ["top", "--once"],
      ["trace", "--slower-than=1ms", "true"],
    ]) {
      const { status, stderr } = await run([...nobody, svtracePath, ...command]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/needs the bpf engine.*EPERM/);
      expect(stderr).not.toContain("--engine");
    }
  },
);

const wchan = (pid: number): string => readFileSync(`/proc/${pid}/wchan`, "latin1");

/** A program on a terminal of that size, which is closed when the program has shown something. */
const HANG_UP = `
import fcntl, os, pty, struct, sys, termios, time
rows, columns, wanted, *argv = sys.argv[1:]
err = os.dup(2)
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
    os.dup2(err, 2)
    os.execv(argv[0], argv)
shown = b""
while wanted.encode() not in shown: shown += os.read(fd, 65536)
time.sleep(0.5)
os.close(fd)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
const hangUp = (rows: number, columns: number, wanted: string, ...argv: string[]) =>
  run([python, "-c", HANG_UP, String(rows), String(columns), wanted, svtracePath, ...argv], { timeout: 10 });

test(...needs("a terminal that hangs up ends it, without a word", bpf, lacks("python3")), async () => {
  const child = start(["sleep", "60"]);
  const ended = await hangUp(24, 80, "BLOCKED NOW", "top", "--interval=100ms", "-p", String(child.pid));
  expect(ended).toMatchObject({ stdout: "0\n", stderr: "" });
});

test(...needs("a terminal of unknown size is taken for one of 80x24", bpf, lacks("python3")), async () => {
  const child = start(["sleep", "60"]);
  const ended = await hangUp(0, 0, "q quit", "top", "--interval=100ms", "-p", String(child.pid));
  expect(ended).toMatchObject({ stdout: "0\n", stderr: "" });
});

test(...needs("so it ends other programs", lacks("python3")), async () => {
  const dir = tempDir("log");
  writeFileSync(join(dir, "current"), "a line\n");
  expect(await hangUp(24, 80, "a line", "logs", "-f", dir)).toMatchObject({ stdout: "0\n", stderr: "" });
});

test("without a terminal it says what to do", async () => {
  const { status, stderr } = await svtrace(["top"]);
  expect(status).toBe(1);
  expect(stderr).toBe("svtrace top: not a terminal: use --once\n");
});

test(...needs("a process that has ended, but that nobody has waited for, is none", bpf), async () => {
  const parent = start(["sh", "-c", "true & exec sleep 60"]);
  const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
  const zombie = await waitUntil("a zombie", () => {
    const pid = readFileSync(children, "latin1").trim();
    return processState(Number(pid)) === "Z" && pid;
  });
  const { status, stderr } = await svtrace(["top", "--once", "-p", zombie]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: `svtrace top: no process ${zombie}\n` });
});

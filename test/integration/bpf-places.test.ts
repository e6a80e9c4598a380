/** The bpf engine in odd places: 32-bit programs, pid namespaces, chroots, without privileges. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  compiled,
  lacks,
  needs,
  no32Bit,
  noBpf,
  notRoot,
  run,
  svtrace,
  svtracePath,
  tempDir,
} from "../helpers.ts";

/** Lines of `svtrace strace --engine bpf -f ARGS`, with pids. */
async function trace(args: readonly string[], through: readonly string[] = []): Promise<string[]> {
  const file = join(tempDir(), "out");
  const argv = [...through, svtracePath, "strace", "--engine", "bpf", "-s", "200", "-f", "-o", file, ...args];
  const r = await run(argv, { timeout: 60 });
  expect(r.stderr).not.toMatch(/strace: /);
  expect(r.signal).toBeNull();
  return readFileSync(file, "latin1")
    .trimEnd()
    .split("\n")
    .map((l) => l.replace(/ +/, " "));
}

const body = (line: string): string => line.replace(/^\d+ +/, "");
const pidOf = (line: string): number => Number(/^\d+/.exec(line)?.[0]);

describe(...needs("bpf engine", noBpf(), lacks("gcc")), () => {
  for (const bits of [64, 32]) {
    it(
      ...needs(`names calls of a ${bits}-bit program and reads its memory`, bits === 32 ? no32Bit() : ""),
      async () => {
        const file = join(tempDir(), "file");
        const program = compiled("compat", `-m${bits}`);
        const lines = (await trace([program, file])).map(body).map((l) => l.replace(/ +=/, " ="));
        const line = (start: string) =>
          lines.find((l) => l.startsWith(start) || l.includes(`strace: ${start}`));
        expect(lines[0]).toContain(`execve("${program}", ["${program}", "${file}"], `);
        expect(lines.some((l) => l.startsWith(`openat(AT_FDCWD, "${file}", O_RDWR|O_CREAT|O_TRUNC`))).toBe(
          true,
        );
        expect(
          lines.some((l) =>
            /^writev\(\d, \[\{iov_base="one ", iov_len=4\}, \{iov_base="two\\n", iov_len=4\}\], 2\) = 8$/.test(
              l,
            ),
          ),
        ).toBe(true);
        expect(lines.some((l) => /^pread64\(\d, "one two\\n", 8, 0\) = 8$/.test(l))).toBe(true);
        expect(line('access("/absent/file", R_OK) = -1 ENOENT')).toBeDefined();
        expect(line('mkdir("/absent/child", 0700) = -1 ENOENT')).toBeDefined();
        expect(lines.some((l) => /^f?stat(64|x)?\(|^newfstatat\(/.test(l) && /stx?_size=8/.test(l))).toBe(
          true,
        );
        expect(lines.some((l) => l.startsWith('execve("/bin/true", ["true", "after"], '))).toBe(true);
        expect(lines.filter((l) => l.startsWith("+++ exited with"))).toEqual([
          "+++ exited with 3 +++",
          "+++ exited with 0 +++",
        ]);
      },
    );
  }

  it(
    ...needs("shows pids as we see them, of what runs in a pid namespace below", notRoot(), lacks("unshare")),
    async () => {
      const lines = await trace(["unshare", "-pf", "/bin/sh", "-c", "kill -0 $$; /bin/true; exit 5"]);
      const inner = lines.find((l) => body(l).startsWith('execve("/bin/sh"'))!;
      expect(pidOf(inner)).toBeGreaterThan(2);
      // the namespace's first process
      expect(lines.some((l) => pidOf(l) === pidOf(inner) && /^kill\(1, 0\) += 0$/.test(body(l)))).toBe(true);
      expect(lines.find((l) => body(l).startsWith('execve("/bin/true"'))).toBeDefined();
      expect(lines.some((l) => pidOf(l) === pidOf(inner) && body(l) === "+++ exited with 5 +++")).toBe(true);
    },
  );

  it(
    ...needs("runs in a pid namespace, and shows pids as seen there", notRoot(), lacks("unshare")),
    async () => {
      const through = ["unshare", "-pf", "--mount-proc"];
      const lines = await trace(["/bin/sh", "-c", "/bin/true & wait; exit 6"], through);
      expect(Math.max(...lines.map(pidOf))).toBeLessThan(200);
      const child = lines.find((l) => body(l).startsWith('execve("/bin/true"'))!;
      const shell = lines.find((l) => body(l).startsWith('execve("/bin/sh"'))!;
      expect(lines.some((l) => pidOf(l) === pidOf(shell) && body(l).endsWith(` = ${pidOf(child)}`))).toBe(
        true,
      );
      expect(lines.some((l) => pidOf(l) === pidOf(child) && body(l) === "+++ exited with 0 +++")).toBe(true);
      expect(lines.at(-1)).toBe(`${pidOf(shell)} +++ exited with 6 +++`);
    },
  );

  it("shows of a long buffer what it copies", async () => {
    const dd = ["dd", "if=/bin/ls", "of=/dev/null", "bs=131072", "count=1", "status=none"];
    const lines = await trace(["-s", "65535", "-e", "trace=read", ...dd]);
    const first = lines.map(body).find((l) => l.includes(", 131072) ="));
    expect(first).toMatch(/^read\(\d, "\\177ELF.{4096,}"\.\.\., 131072\) = 131072$/);
  });

  it(...needs("names wakers as seen in a pid namespace", notRoot(), lacks("unshare")), async () => {
    const file = join(tempDir(), "out");
    const through = ["unshare", "-pf", "--mount-proc", svtracePath, "trace", "--json", "--scheduling"];
    await run([...through, "-f", "-o", file, "sh", "-c", "sleep 0.1 | cat"]);
    const events = readFileSync(file, "latin1").trimEnd().split("\n");
    const wakers = events.map((l) => JSON.parse(l).waker).filter((waker) => waker !== undefined);
    expect(wakers.length).toBeGreaterThan(0);
    expect(Math.max(...wakers)).toBeLessThan(200);
  });

  it(...needs("traces into a chroot", notRoot(), lacks("chroot")), async () => {
    const root = tempDir();
    mkdirSync(join(root, "bin"));
    const program = compiled("compat", "-static");
    await run(["cp", program, join(root, "bin/compat")]);
    const lines = (await trace(["chroot", root, "/bin/compat", "/file"])).map(body);
    expect(lines.some((l) => l.startsWith('execve("/bin/compat", ["/bin/compat", "/file"], '))).toBe(true);
    expect(lines.some((l) => l.startsWith('openat(AT_FDCWD, "/file", O_RDWR|O_CREAT|O_TRUNC'))).toBe(true);
    expect(existsSync(join(root, "file"))).toBe(true);
  });
});

describe(...needs("without privileges", notRoot(), lacks("setpriv")), () => {
  const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"];
  const unprivileged = [
    ["another user", nobody],
    ["root without the capabilities", ["setpriv", "--bounding-set", "-sys_admin,-bpf,-perfmon"]],
  ] as const;
  for (const [who, through] of unprivileged) {
    it(`${who}: --engine bpf is an error that says what to do`, async () => {
      const r = await run([...through, svtracePath, "strace", "--engine", "bpf", "/bin/true"]);
      expect(r.status).toBe(1);
      expect(r.stderr).toMatch(
        /^strace: bpf\(BPF_\w+.*\): EPERM: .*(run as root|add the capabilities BPF and PERFMON)/,
      );
      expect(r.stderr.trimEnd().split("\n")).toHaveLength(1);
    });

    it(`${who}: --engine auto takes ptrace and says so`, async () => {
      const r = await run([...through, svtracePath, "strace", "--engine", "auto", "/bin/true"]);
      expect(r.status).toBe(0);
      expect(r.stderr.split("\n")[0]).toMatch(/^strace: using ptrace: .*EPERM/);
      expect(r.stderr).toMatch(/^execve\("\/bin\/true"/m);
    });
  }

  it("auto takes bpf where it can, without a word", async () => {
    const r = await svtrace(["strace", "--engine", "auto", "/bin/true"]);
    expect(r.stderr).toMatch(/^execve\("\/bin\/true"/);
  });
});

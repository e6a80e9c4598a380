/** Calls tampered with: the same command under Debian's strace and under ours, compared line by line. */
import { describe, expect, it } from "vitest";
import { missing, same } from "../differential/same.ts";
import { compiled, lacks, needs, no32Bit, run, svtracePath } from "../helpers.ts";

const traced = "trace=chdir,uname,getcwd,getppid,fork,clone";

/**
 * Rules of one run: those about different calls do not disturb each other, but that strace 6.1 injects no error without
 * `syscall=` after one with it: it takes the ENOSYS it caused for a failure.
 */
const injections: readonly (readonly string[])[] = [
  ["inject=chdir:error=2:when=2", "inject=uname:error=EFAULT", "inject=getppid:retval=1234:syscall=getuid"],
  ["inject=chdir:error=4095:when=2+", "inject=getppid:retval=0x1ffffffff"],
  ["inject=chdir:error=eperm:when=1+2", "inject=getppid:retval=0x180000000", "inject=uname:delay_exit=1ms"],
  ["inject=chdir:error=EACCES:when=2..3", "inject=getppid:retval=-1", "inject=getcwd:error=ERESTARTSYS"],
  ["inject=chdir:error=EACCES:when=1..4+2", "inject=getppid:retval=0xfffffffffffff000"],
  ["inject=chdir:error=EINTR:when=4", "inject=chdir:error=EIO:when=1", "inject=none:error=ENOENT"],
  ["inject=%file:error=ENOENT:when=3", "inject=/^(un|getpp):retval=0"],
  [
    "inject=!chdir:error=ENOSYS:when=50",
    "inject=?nosuchcall,chdir:error=ENOENT:when=1",
    "fault=all:when=900",
  ],
  ["inject=chdir@64:error=ENOENT", "inject=uname@32:error=ENOENT", "fault=getcwd:error=EIO:syscall=gettid"],
  ["inject=chdir:error=EPERM:syscall=getpid", "inject=uname:poke_exit=@arg1=535600"],
  ["inject=chdir:signal=CONT", "inject=getcwd:poke_exit=@arg1=41"],
  ["inject=chdir:signal=SIGUSR1:when=2"],
  ["inject=chdir:signal=64:when=1"],
  ["inject=chdir:signal=11:when=2"],
  ["inject=chdir:error=ENOENT:signal=CHLD:when=3", "inject=uname:signal=17"],
  ["inject=chdir:delay_enter=.5ms:delay_exit=1e3ns:error=ENOENT:when=2+", "inject=uname:delay_enter=1"],
  ["inject=chdir:poke_enter=@arg1=2f746d7000", "inject=uname:retval=0:poke_exit=@arg1=4100"],
  [
    "inject=chdir:poke_enter=@arg2=41:when=1",
    "inject=getcwd:poke_exit=@arg2=41",
    "fault=uname:error=EIO:when=2",
  ],
  ["inject=chdir:poke_enter=@arg1=2f746d7000:error=EPERM:delay_enter=5"],
];

describe("inject and fault", () => {
  it.each(injections.map((rules) => ({ rules })))(...needs("$rules", ...missing), async ({ rules }) => {
    await same(["-e", traced, ...rules.flatMap((r) => ["-e", r])], [compiled("tampered")]);
  });

  it(...needs("in an i386 process", ...missing, no32Bit()), async () => {
    const program = compiled("tampered", "-m32");
    for (const rule of [
      "error=EPERM",
      "retval=-1",
      "retval=0x180000005",
      "retval=5:syscall=getuid",
      "poke_enter=@arg1=2f746d7000",
      "signal=CONT",
    ])
      await same(["-e", "trace=chdir", "-e", `inject=chdir:${rule}:when=2+`], [program]);
  });

  it(...needs("of children", ...missing), async () => {
    for (const more of [["-f"], ["-f", "--seccomp-bpf"], ["-f", "-P", "/usr", "-z"]]) {
      const options = [
        ...more,
        "-e",
        "trace=chdir,uname",
        "--inject=chdir:error=EXDEV:when=3+2",
        "--fault=uname",
      ];
      await same(options, [compiled("tampered"), "fork"]);
    }
  });

  it(...needs("counted", ...missing), async () => {
    const options = [
      "-c",
      "-U",
      "calls,errors,name",
      "-e",
      "trace=chdir",
      "-e",
      "inject=chdir:error=EXDEV:when=2+",
    ];
    await same(options, [compiled("tampered")]);
  });

  it(...needs("not the command's own execve", ...missing), async () => {
    await same(["-e", "trace=chdir", "-e", "inject=execve:error=ENOENT"], [compiled("tampered")]);
  });

  it(...needs("one task's delay is not another's", lacks("gcc")), async () => {
    // what the child does meanwhile, it could not if the tracer slept
    const script = "(while :; do cd /usr; done) & umask 022; kill $!";
    const r = await run([
      svtracePath,
      ..."strace -f -qqq -e trace=chdir,umask".split(" "),
      ...["-e", "inject=umask:delay_enter=500ms", "sh", "-c", script],
    ]);
    const lines = r.stderr.split("\n");
    expect(lines.filter((l) => l.includes('chdir("/usr"')).length).toBeGreaterThan(5);
    expect(lines.filter((l) => l.includes("(DELAYED)")).length).toBeGreaterThan(0);
  });
});

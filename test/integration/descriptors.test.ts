/** What -y, -yy and -Y say of descriptors and processes, beside strace: files, sockets, and those of other processes. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { missing } from "../differential/same.ts";
import { compiled, debian, lacks, needs, notRoot, run, svtrace, svtracePath, tempDir } from "../helpers.ts";

const strace = debian("strace") ?? "";

/** Inodes, ports and process ids by the order in which they are named. */
function numbered(text: string): string {
  const seen = new Map<string, number>();
  return text.replace(/(?<=kcmp\(|kcmp\(\d+, |pid:|ROUTE:|GENERIC:)\d+|\b\d{4,}\b/g, (n) => {
    if (!seen.has(n)) seen.set(n, seen.size);
    return `<${seen.get(n)}>`;
  });
}

async function lines(tracer: readonly string[], options: readonly string[], what: string): Promise<string[]> {
  const dir = tempDir("descriptors");
  const quiet = ["-a0", "-e", "signal=none", "-e", "trace=!%memory,execve,exit_group,set_tid_address,wait4"];
  const r = await run([...tracer, ...quiet, ...options, compiled("descriptors"), what], { cwd: dir });
  const text = r.stderr
    .replaceAll(dir, "DIR")
    // which of two processes comes first differs from run to run
    .replace(/^(kcmp\(.*\) = )\d$/gm, "$1ORDER")
    .replace(/0x7[0-9a-f]{11}/g, "ADDRESS");
  const all = numbered(text).split("\n");
  return all.slice(all.findIndex((line) => /exit_group|\/dev\/null|AF_|unshare/.test(line)));
}

const views = [["-y"], ["-yy"], ["-y", "-Y"], ["--decode-fds=socket"], ["--decode-fds=dev,pidfd"]];

describe.each(["files", "sockets", "others"])("%s", (what) => {
  test.each(views.map((v) => [v]))(...needs("with %s", ...missing), async (view) => {
    const theirs = await lines([strace], view, what);
    expect(theirs.length).toBeGreaterThan(20);
    // strace takes what mount_setattr(2) returns for a descriptor
    const known = theirs.map((line) => line.replace(/^(mount_setattr.* = 0)<.*/, "$1"));
    expect(await lines([svtracePath, "strace"], view, what)).toEqual(known);
  });
});

test(...needs("sockets of another network namespace", lacks("gcc"), notRoot()), async () => {
  const { stderr } = await svtrace([
    ..."strace -a0 -qq -yy -e trace=lseek".split(" "),
    compiled("descriptors"),
    "namespace",
  ]);
  const shown = stderr
    .replace(/:\d{5}\]/g, ":PORT]")
    .replace(/\[\d+(?=[\],])/g, "[INODE")
    .replace(/ROUTE:(\d+|PORT)/, "ROUTE:PID");
  expect(shown.match(/<.*>/g)).toEqual([
    "<TCP:[INODE]>",
    "<TCP:[0.0.0.0:PORT]>",
    "<UDPv6:[INODE]>",
    "<UDPv6:[[::]:53]>",
    "<UNIX-STREAM:[INODE]>",
    '<UNIX-STREAM:[INODE,@"a b"]>',
    "<NETLINK:[INODE]>",
    "<NETLINK:[ROUTE:PID]>",
  ]);
});

test(...needs("-P finds a file that is deleted", ...missing), async () => {
  const found = async (tracer: readonly string[]) => {
    const dir = tempDir("descriptors");
    const script = 'open F, "+>", "f"; unlink "f"; syswrite F, "x"';
    const command = [...tracer, "-P", `${dir}/f`, "-e", "trace=write", "perl", "-e", script];
    return (await run(command, { cwd: dir })).stderr.replaceAll(dir, "DIR");
  };
  const theirs = await found([strace]);
  expect(theirs).toContain('"x"');
  expect(await found([svtracePath, "strace"])).toBe(theirs);
});

/** A process of the kernel's whose name is longer than a task's may be. */
const worker = readdirSync("/proc").find((pid) => {
  try {
    return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`).length > 20;
  } catch {
    return false;
  }
});

test(...needs("-Y names workers of the kernel", ...missing, worker ? "" : "none is seen"), async () => {
  const name = async (tracer: readonly string[]) =>
    // what it works on changes, and stands behind its number
    (await run([...tracer, "-Y", "-e", "trace=kill", "perl", "-e", `kill 0, ${worker}`])).stderr.match(
      /<.*>/,
    )?.[0];
  const theirs = await name([strace]);
  const ours = await name([svtracePath, "strace"]);
  expect([ours?.length, ours?.slice(0, 12)]).toEqual([theirs?.length, theirs?.slice(0, 12)]);
});

/** Options in action: the same command lines under Debian's strace and ours, all they print and how they end. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missing } from "../differential/same.ts";
import { debian, long, needs, run, svtrace, svtracePath, tempDir } from "../helpers.ts";

/** Shell commands, with S for the tracer; what they write to files that begin with out is compared, too. Half of them is quick. */
const commands: readonly string[] = `
S -e status=!failed -e trace=chdir,exit_group sh -c 'cd /nosuch; cd /'
S -e status=failed,unfinished -e trace=chdir,exit_group sh -c 'cd /nosuch; cd /'
S -e status=unavailable -e trace=chdir,exit_group sh -c 'cd /'
S -P f -e trace=openat,read,close,newfstatat cat f
S -P link -e trace=openat,read,close cat f
S -y -P d sh -c 'cd d; cd ..; ls d'
S -P f perl -e 'open F,"<","f"; $r=""; vec($r,fileno(F),1)=1; select($r,undef,undef,0)'
S -P f perl -e 'use IO::Poll; open F,"<","f"; $p=IO::Poll->new; $p->mask(*F=>POLLIN); $p->poll(0)'
echo x >out; S -A -o out -e trace=chdir sh -c 'cd /'
S -o '|cat >out' -e trace=chdir sh -c 'cd /; exit 4'
S -o '!cat >out' -e trace=chdir sh -c 'cd /'
S -ff -o '|cat >out' -e trace=chdir sh -c 'cd /'
S -ff -o out -e trace=chdir,exit_group sh -c '(cd /); cd /'
S -f --output-separately -o out -e trace=chdir sh -c 'cd /'
S --output-separately -o out -e trace=chdir,exit_group sh -c 'cd /'
S -o out --quiet=none -f -e trace=none sh -c '(exit 7); true'
S -qqq -f -e trace=none sh -c '(exit 7); true'
S -o /nosuch/out true
S -o out ./f
S -o out nosuchprogram
S -e trace=read ./f
S -f --seccomp-bpf -e trace=exit ./f
S -c -e trace=read ./f
S -D -e trace=read ./f
S -u nosuchuser true
S -b execve -o out -e trace=execve,chdir sh -c 'cd /; exec /bin/true'
S -f --seccomp-bpf -b execve -o out -e trace=execve,chdir sh -c 'cd /; exec perl -e "chdir q(/nosuch); print $!"'
S -e trace=chdir -e signal=TERM,CHLD sh -c 'kill -CHLD $$; kill -USR1 $$'
S -c -e trace=none true
S -c -S nothing -U name,calls -e trace=chdir,getuid,brk sh -c 'cd /nosuch'
S -c -S errors -U errors,calls -e trace=chdir,getuid,access,openat sh -c 'cd /nosuch'
S -c -f -S calls -U calls,errors,name -e trace=chdir sh -c '(cd /; cd /nosuch); cd /'
S -c -P / -U calls,errors,name sh -c 'cd /; cd /nosuch'
S -c -w -O 100s -e trace=chdir -U total-time,min-time,max-time,avg-time,calls,name sh -c 'cd /'
S -C -o out -U calls,name -S name -e trace=chdir sh -c 'cd /'
S -r -tt -T -f -n -e trace=chdir sh -c 'cd /'
S --relative-timestamps=ms -t -e trace=chdir sh -c 'cd /; cd /nosuch'
S --absolute-timestamps=none,ms -e trace=chdir sh -c 'cd /'
S --absolute-timestamps=unix,ns --syscall-times=ns -e trace=chdir sh -c 'cd /'
export TZ='<+0530>-5:30'; S -e trace=utimensat touch -d @86399.5 f
export TZ=XYZ3:15; S -e trace=utimensat touch -d @1000 f
S -Y -a 1 -e trace=kill,exit_group perl -e '$n="h\\xc3\\xa9\\xff<1\\"2"; syscall(157,15,$n); kill 0,$$'
f=$(printf 'a<1>"\\377\\303\\251'); S -y -a 1 -e trace=/^open,close,fchdir sh -c ': >"$1"' sh "$f"
S -Y -a 1 -e trace=chdir,kill sh -c 'kill -0 $$; cd /'
S --decode-pids=comm -a 1 -f -o out -e trace=chdir sh -c 'cd /'
S --decode-fds=dev -e trace=read,close sh -c 'read x </dev/null'
S --decode-fds=socket -e trace=%net,close perl -e 'use Socket; socket(S,AF_UNIX,SOCK_STREAM,0)'
S -yy -e trace=listen perl -e 'use Socket; for ("b1\\e[31m<\\"\\xff", "b2 my  sock ", "b3\\n1", "\\0a b") { socket(S,1,1,0); bind(S,pack_sockaddr_un($_)); listen(S,1) }'
S -e trace=chdir -e fault=chdir:error=EIO:when=2..3 sh -c 'cd /; cd /; cd /; cd /'
S -e trace=chdir -e inject=chdir:delay_exit=10ms:error=EIO:signal=CHLD sh -c 'cd /nosuch; cd /'
S -e trace=write -e inject=write:poke_enter=@arg2=4142 echo hello
S -D -e trace=chdir -o out sh -c 'cd /; exit 5'; while ! grep -q exited out; do sleep 0.1; done
S -D -ff -e trace=chdir -o out sh -c 'cd /; exit 5'; while ! grep -qs exited out.*; do sleep 0.1; done
sleep 99 & :; S -D -p $! -e trace=none -o out true; while ! grep -q exited out; do sleep 0.1; done; kill -PIPE $!; while ! grep -q killed out; do sleep 0.1; done
sleep 99 & :; S -p $! -e trace=none -o out sh -c 'kill -PIPE $0; while kill -0 $0 2>/dev/null; do :; done' $!
S -D -e trace=chdir -e signal=none sh -c 'trap "" INT; kill -INT 0; sleep 0.3; cd /; exit 5'
S -D -o /nosuch/out sh -c 'echo ran; exit 7'
S -E A=1 -E HOME -e trace=none sh -c 'echo $A $HOME'
S -e trace=?nosuch,/^chd sh -c 'cd /'
S --follow-forks --output-separately --output=out --trace=chdir sh -c '(cd /)'
S -o out -e status=detached -e trace=execve,chdir -b execve sh -c 'cd /; exec /bin/true'
S --trace-path=f --inject=openat:error=EACCES:when=1 cat /etc/hostname f
S --summary-only --summary-sort-by=calls --summary-columns=calls,name --summary-wall-clock --trace=chdir sh -c 'cd /'
S --output=out --output-append-mode --string-limit=3 --trace=write --no-abbrev echo hello
S --columns=10 --instruction-pointer --syscall-number --trace=chdir sh -c 'cd /'
S -e trace=write -e signal=none sh -c 'while :; do echo x; done' 2>&1 >/dev/null | head -n 1
S -e verbose=none -e trace=wait4 -e signal=none sh -c '(exit 3); true'
S -a 1 -Y -e trace=/pgid,/pgrp,/sid,getpriority,ioprio_get,waitid perl -e '$p=1; syscall(109,0,0); syscall($_,$p) for 121,124; syscall(140,0,$p); syscall(140,1,1); syscall(252,1,$p); syscall(112); syscall(247,2,$p,0,5,0)'
S -a 1 -Y -e trace=fcntl,ioctl,perf_event_open,capget perl -e '$o=pack("ii",2,1); $p=pack("i",1); syscall(72,-1,15,$o); syscall(72,-1,15,pack("ii",1,1)); syscall(16,-1,0x5410,$p); syscall(16,-1,0x8901,$p); syscall(298,0,1,0,-1,0); syscall(125,pack("Li",0x20080522,1),"x" x 24)'
S -a 1 -e trace=restart_syscall,alarm perl -e 'syscall(219); syscall(39); syscall(219); syscall(37,1); syscall(219); syscall(102); syscall(219)'
S -e verbose=none -a 1 -e trace=rt_sigreturn,prctl perl -e '$SIG{USR1}=sub{}; $b=" "x8; syscall(157,2,$b); kill USR1,$$'
S -X raw -a 1 -e trace=prctl,capset,statx,restart_syscall perl -e 'syscall(157,27); syscall(157,52,0); syscall(157,3); $h=pack("LL",0x20080522,0); syscall(126,$h,pack("L6",3,1,0,1,0,2)); syscall(332,-100,$h="/",0x2900,1,0)'
S -X verbose -a 1 -e trace=prctl,capset,statx perl -e 'syscall(157,27); syscall(157,52,0); $h=pack("LL",0x20080522,0); syscall(126,$h,pack("L6",3,1,0,1,0,2)); syscall(332,-100,$h="/",$_,1,0) for 0,0x100,0x2900'
S -e raw=clone,clone3,vfork,fork -e trace=clone,clone3,vfork,fork sh -c '(true)'
S -a 1 -e trace=keyctl perl -e 'syscall(250,5,1,0x3f010203)'
f=$(printf 'a<1>"\\377'); S -x -y -a 1 -e trace=/^open,close sh -c ': >"$1"' sh "$f"
f='a<1>'; S -x -y -a 1 -e trace=/^open,close sh -c ': >"$1"' sh "$f"
f=$(printf 'a<1>"\\377'); S -xx -y -a 1 -e trace=/^open sh -c ': >"$1"' sh ./"$f"
f=$(printf 'a<1>"\\377'); S --strings-in-hex=non-ascii-chars -y -a 1 -e trace=/^open,close sh -c ': >"$1"' sh "$f"
S -xx -Y -a 1 -e trace=kill,bind perl -e 'use Socket; kill 0,$$; socket(S,2,1,0); bind(S,pack_sockaddr_in(0,INADDR_LOOPBACK)); socket(T,10,1,0); bind(T,pack("SnNa16L",10,0,0,"\\xfe\\x80".("\\0"x13)."\\1",1))'
S -I 0x1 true
S -I 1e0 true
S -f -b execve -e trace=execve sh -c '(exec true)'
S -p 999999999
S -p 4194305
S -z
`
  .split("\n")
  .filter((line, i) => line !== "" && (long || i % 2 === 0));

const strace = debian("strace") ?? "";

/** What differs from run to run. */
const masked = (text: string): string =>
  text
    .replaceAll(strace, "strace")
    .replace(/0x[0-9a-f]{7,}/g, "ADDRESS")
    .replace(/(\[pid +|[Pp]rocess |si_pid=|kill\(|= |out\.)\d{3,7}\b/g, "$1PID")
    // shorter ones are padded
    .replace(/^\d{3,7}\b(?!\.) */gm, "PID ")
    .replace(/\d\d:\d\d:\d\d/g, "TIME")
    .replace(/(\.)(\d{3,9})\b/g, (_, dot, digits) => dot + "N".repeat(digits.length))
    .replace(/\d+(?=\.NNN)/g, "SECONDS")
    .replace(/:\[\d+(?=[\],])/g, ":[INODE")
    .replace(/\d+ vars/g, "VARS")
    // a pid, with -e raw
    .replace(/(\) = )0x[0-9a-f]{3,6}$/gm, "$1PID");
/** As -xx shows it. */
const hex = (text: string): string => text.replace(/./g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);

async function outcome(tracer: string, line: string) {
  const dir = tempDir("options");
  writeFileSync(join(dir, "f"), "hi\n");
  mkdirSync(join(dir, "d"));
  symlinkSync("f", join(dir, "link"));
  const script = line.replace(/(^|; )S /g, `$1setarch -R ${tracer} `).replace(/S -z$/, `${tracer} -z`);
  const r = await run(["bash", "-c", script], { cwd: dir, timeout: 60 });
  const files = readdirSync(dir)
    .filter((name) => name.startsWith("out"))
    .map((name) => [masked(name), masked(readFileSync(join(dir, name), "latin1"))]);
  const said = masked(r.stderr).replaceAll(dir, "DIR").replaceAll(hex(dir), "DIR");
  return {
    said,
    written: masked(r.stdout),
    files: files.map(String).sort(),
    status: r.status,
    signal: r.signal,
  };
}

test.each(commands)(...needs("%s", ...missing), async (line) => {
  const [theirs, ours] = await Promise.all([
    outcome(strace, line as string),
    outcome(`${svtracePath} strace`, line as string),
  ]);
  expect(ours).toEqual(theirs);
});

/** Runs a command that may install no seccomp filter: EPERM from seccomp(2), and prctl(2) with PR_SET_SECCOMP. */
const unfiltered = `
my ($load, $equal, $return, $allow, $refuse) = (0x20, 0x15, 0x06, 0x7fff0000, 0x50001);
my @program = ([$load, 0, 0, 0], [$equal, 3, 0, 317], [$equal, 0, 3, 157], [$load, 0, 0, 16], [$equal, 0, 1, 22],
  [$return, 0, 0, $refuse], [$return, 0, 0, $allow]);
my $code = join "", map { pack "SCCL", @$_ } @program;
my $header = pack "S x6 P", scalar @program, $code;
syscall 157, 38, 1, 0, 0, 0 and die;
syscall 317, 1, 0, $header and die;
exec @ARGV;
`;

test(...needs("--seccomp-bpf where filters are forbidden", ...missing), async () => {
  const script = join(tempDir("unfiltered"), "script");
  writeFileSync(script, unfiltered);
  const line = "S -f --seccomp-bpf -e trace=chdir sh -c '(cd /); cd /nosuch'";
  const [theirs, ours] = await Promise.all(
    [strace, `${svtracePath} strace`].map((tracer) => outcome(`perl ${script} ${tracer}`, line)),
  );
  // strace says first how it tried
  theirs.said = theirs.said.replace(/^strace: check_seccomp.*\n/gm, "");
  expect(ours).toEqual(theirs);
});

test("a trace that cannot be written is said to be, once", async () => {
  const { stderr, status } = await svtrace(["strace", "-o", "/dev/full", "sh", "-c", "exit 3"]);
  expect([stderr, status]).toEqual(["strace: /dev/full: No space left on device\n", 3]);
});

test("clock times are those of TZ in all its forms", async () => {
  const env = { ...process.env, TZ: "<+0530>-5:30" };
  const clock = async () => (await run(["date", "+%H:%M"], { env })).stdout.trim();
  const before = await clock();
  const { stderr } = await svtrace(["strace", "-t", "-e", "trace=chdir", "sh", "-c", "cd /"], { env });
  // a minute may end meanwhile
  expect([before, await clock()]).toContain(stderr.slice(0, 5));
});

test("--tips", async () => {
  const one = await svtrace(["strace", "-o", "/dev/null", "--tips=1,full", "true"]);
  expect(one.stdout).toMatch(/^\+-+\+\n(\| .* \|\n)+\+-+\+\n$/);
  expect(one.stdout).toContain("--tips=1");
  const none = await svtrace(["strace", "-o", "/dev/null", "--tips=none", "true"]);
  expect([none.stdout, none.status]).toEqual(["", 0]);
});

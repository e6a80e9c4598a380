/** Injection beside Debian's strace: the same commands with the same tampering. */
import { test } from "vitest";
import { missing, same } from "../differential/same.ts";
import { needs } from "../helpers.ts";

const CD = "cd /; cd /tmp; cd /nonexistent; cd /; cd /";

/** Options, and what a shell does under them. */
const runs: readonly (readonly [options: string, script: string])[] = [
  ["-e trace=chdir -e inject=chdir:error=ENOENT", CD],
  ["-e trace=chdir -e inject=chdir:error=eacces:when=2", CD],
  ["-e trace=chdir -e inject=chdir:error=4095", CD],
  ["-e trace=chdir -e inject=chdir:error=512:when=1", CD],
  ["-e trace=chdir -e inject=chdir:error=1:when=2+", CD],
  ["-e trace=chdir -e inject=chdir:error=1:when=2+2", CD],
  ["-e trace=chdir -e inject=chdir:error=1:when=2..4", CD],
  ["-e trace=chdir -e inject=chdir:error=1:when=1..4+2", CD],
  ["-e trace=chdir -e inject=chdir:retval=5", CD],
  ["-e trace=chdir -e inject=chdir:retval=0x7fffffff", CD],
  ["-e trace=chdir -e inject=chdir:retval=-1", CD],
  ["-e trace=chdir -e inject=chdir:retval=0x123456789", CD],
  ["-e trace=chdir -e fault=chdir", CD],
  ["-e trace=chdir --fault=chdir:error=ENOSPC:when=3", CD],
  ["-e trace=chdir,getppid -e inject=chdir:error=1 -e inject=%file,getppid:error=5:when=1", CD],
  ["-e trace=chdir -e inject=?nosuch,chdir:error=1:when=1", CD],
  ["-e trace=getpid -e inject=chdir:error=1", CD],
  ["-e trace=chdir -e inject=chdir:error=1:syscall=getpid", CD],
  ["-e trace=chdir -e inject=chdir:retval=0:syscall=getppid:when=3", CD],
  ["-e trace=chdir -T -e inject=chdir:delay_enter=200ms:when=1", CD],
  ["-e trace=chdir -T -e inject=chdir:delay_enter=100000:delay_exit=.1s:error=2:when=2", CD],
  ["-e trace=chdir -e inject=chdir:signal=USR1:when=1", `trap 'echo got' USR1; ${CD}`],
  ["-e trace=chdir -e inject=chdir:signal=10:error=2:when=2", `trap 'echo got' USR1; ${CD}`],
  ["-e trace=chdir -e inject=chdir:signal=KILL:when=2", CD],
  ["-e trace=uname -e inject=uname:poke_exit=@arg1=414200", "uname"],
  ["-e trace=uname -e inject=uname:poke_exit=@arg1=414200:retval=3", "uname"],
  ["-e trace=uname -e inject=uname:poke_enter=@arg1=4142:error=3", "uname"],
  ["-e trace=uname -e inject=uname:poke_enter=@arg2=4142", "uname"],
  ["-e trace=uname -e inject=uname:poke_exit=@arg1=41,@arg2=42", "uname"],
  ["-e trace=chdir -e inject=chdir:poke_enter=@arg1=2f00:when=2", `${CD}; pwd`],
  ["-f -e trace=chdir -e inject=chdir:error=2:when=2", `(${CD}); (${CD})`],
  ["-f --seccomp-bpf -e trace=chdir -e inject=chdir:error=2:when=2", CD],
  ["-f -e trace=exit_group -e inject=exit_group:error=1", "(exit 4); exit 3"],
  ["-e trace=getppid -e inject=getppid:retval=77", "echo $PPID"],
  ["-e trace=chdir -z -e inject=chdir:retval=0:when=3", CD],
  ["-e trace=chdir -Z -e inject=chdir:error=2:when=1", CD],
  ["-e trace=execve -e inject=execve:error=ENOENT", "exec /bin/true"],
  ["-C -U calls,errors,name -e trace=chdir -e inject=chdir:error=EPERM:when=1", CD],
];

test.each(runs)(...needs("%s", ...missing), async (options, script) => {
  await same(["-a0", ...options.split(" ")], ["sh", "-c", script]);
});

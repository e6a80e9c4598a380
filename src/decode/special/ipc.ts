/** System V IPC: what shmctl(2), msgctl(2) and semctl(2) fill in or set, by their command. */
import { gid, int, pid, struct, uid, uint, ulong } from "../../syscalls/types/build.ts";
import type { Type } from "../../syscalls/types/types.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { modeDigits } from "../scalars.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { readable, valueWalker } from "./bytes.ts";

const IPC_SET = 1;
const IPC_STAT = 2;
const IPC_INFO = 3;
const IPC_64 = 0x100;

registerValue("wide_mode", () => valueWalker(4, (c, lo) => c.sink.word(modeDigits(lo >>> 0))));
const mode: Type = { kind: "special", name: "wide_mode" };
const owner = { uid, gid, mode };
const all = struct("ipc64_perm", { ...owner, key: uint, cuid: uid, cgid: gid });
const settable = struct("ipc64_perm", owner);

const commands: Readonly<Record<string, ReadonlyMap<number, Type>>> = {
  shmctl: byCommand(
    struct("shmid64_ds", { shm_perm: settable }),
    struct("shmid64_ds", {
      shm_perm: all,
      shm_segsz: ulong,
      shm_cpid: pid,
      shm_lpid: pid,
      shm_nattch: ulong,
      shm_atime: ulong,
      shm_dtime: ulong,
      shm_ctime: ulong,
    }),
    [13, 15],
    [
      [
        IPC_INFO,
        struct("shminfo64", { shmmax: ulong, shmmin: ulong, shmmni: ulong, shmseg: ulong, shmall: ulong }),
      ],
      [
        14,
        struct("shm_info", {
          used_ids: int,
          shm_tot: ulong,
          shm_rss: ulong,
          shm_swp: ulong,
          swap_attempts: ulong,
          swap_successes: ulong,
        }),
      ],
    ],
  ),
  msgctl: byCommand(
    struct("msqid64_ds", { msg_perm: settable, msg_qbytes: ulong }),
    struct("msqid64_ds", {
      msg_perm: all,
      msg_stime: ulong,
      msg_rtime: ulong,
      msg_ctime: ulong,
      msg_qnum: ulong,
      msg_qbytes: ulong,
      msg_lspid: int,
      msg_lrpid: int,
    }),
    [11, 13],
    [IPC_INFO, 12].map((command) => [
      command,
      struct("msginfo", {
        msgpool: int,
        msgmap: int,
        msgmax: int,
        msgmnb: int,
        msgmni: int,
        msgssz: int,
        msgtql: int,
        msgseg: uint,
      }),
    ]),
  ),
  semctl: byCommand(
    struct("semid64_ds", { sem_perm: settable }),
    struct("semid64_ds", { sem_perm: all, sem_otime: ulong, sem_ctime: ulong, sem_nsems: ulong }),
    [18, 20],
    [IPC_INFO, 19].map((command) => [
      command,
      struct("seminfo", {
        semmap: int,
        semmni: int,
        semmns: int,
        semmnu: int,
        semmsl: int,
        semopm: int,
        semume: int,
        semusz: int,
        semvmx: int,
        semaem: int,
      }),
    ]),
  ),
};

/** What a command's last argument leads to; `stats` are the SHM_STAT, MSG_STAT … beside IPC_STAT. */
function byCommand(
  set: Type,
  stat: Type,
  stats: readonly number[],
  info: readonly (readonly [number, Type])[],
): ReadonlyMap<number, Type> {
  return new Map([
    [IPC_SET, set],
    ...[IPC_STAT, ...stats].map((command): [number, Type] => [command, stat]),
    ...info.map(([command, type]): [number, Type] => [command, type]),
  ]);
}

registerValue(
  "ipc_buffer",
  (commandArg): Walker =>
    pointerWalker((c: Context, lo, hi) => {
      const command = c.argLo(commandArg as number) & ~IPC_64;
      const type = commands[c.call.name]?.get(command);
      const walker = type && compile(type);
      // what is set is read when the call begins, and true whatever comes of it
      const failed = c.failed;
      if (command === IPC_SET) c.failed = false;
      const at = walker ? readable(c, lo, hi, walker.size(c)) : -1;
      c.failed = failed;
      if (walker && at >= 0) walker.memory(c, at);
      else c.sink.addr(lo, hi);
    }),
);

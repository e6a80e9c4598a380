/** Futexes, System V and POSIX IPC. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import {
  type Args,
  addr,
  array,
  buffer,
  call,
  family,
  fd,
  fdOf,
  flags,
  flags64,
  hex,
  hex32,
  int,
  long,
  oneOf,
  out,
  path,
  pid,
  ptr,
  returned,
  signal,
  size_t,
  special,
  struct,
  uint,
  ulong,
  umode,
  ushort,
  when,
} from "../types/build.ts";

const timespec = ptr(struct("timespec", { tv_sec: long, tv_nsec: ulong }));
const uaddr = addr;
const futex_op = special("futex_op");
const base = { uaddr, futex_op };
const shapes: readonly (readonly [number, Args])[] = [
  [0, { ...base, val: uint, timeout: timespec }],
  [1, { ...base, val: uint }],
  [2, { ...base, val: uint }],
  [3, { ...base, val: uint, val2: uint, uaddr2: addr }],
  [4, { ...base, val: uint, val2: uint, uaddr2: addr, val3: uint }],
  [5, { ...base, val: uint, val2: uint, uaddr2: addr, val3: special("futex_wake_op") }],
  [6, { ...base, val: when("futex_op", 0, uint), timeout: timespec }],
  [7, base],
  [8, base],
  [
    9,
    {
      ...base,
      val: uint,
      timeout: timespec,
      uaddr2: when("futex_op", 0, uint),
      val3: special("futex_bitset"),
    },
  ],
  [
    10,
    {
      ...base,
      val: uint,
      val2: when("futex_op", 0, uint),
      uaddr2: when("futex_op", 0, uint),
      val3: special("futex_bitset"),
    },
  ],
  [11, { ...base, val: uint, timeout: timespec, uaddr2: addr }],
  [12, { ...base, val: uint, val2: uint, uaddr2: addr, val3: uint }],
  [13, { ...base, val: when("futex_op", 0, uint), timeout: timespec }],
];
/** What an operation is; FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME and others that may come are above. */
const FUTEX_OP = 127;
const sembufs = array(
  struct("sembuf", {
    sem_num: ushort,
    sem_op: special("short_value", 2),
    sem_flg: special("short_flags", 2, F.semop_flags),
  }),
  "nsops",
);
const ipc = { classes: "ipc" } as const;
/** shmctl(2), semctl(2), msgctl(2): IPC_SET reads what the last argument leads to, the others write it. */
const control = (ids: Args, set: FlagSet) => {
  const op = special("ipc_command", undefined, set);
  const buf = special("ipc_buffer", 128, Object.keys(ids).length);
  return call({ ...ids, op, buf: out(buf) }, ipc);
};
const mqFields = { mq_flags: flags64(F.mq_flags), mq_maxmsg: long, mq_msgsize: long, mq_curmsgs: long };
const mqAttr = struct("mq_attr", mqFields);

const waiter = special("futex_waitv", 24);
/** FUTEX_WAITV_MAX of linux/futex.h. */
const WAITERS = 128;

export const sync = family({
  futex: call(
    { ...base, val: uint, timeout: addr, uaddr2: addr, val3: hex32 },
    { wait: "lock", variants: { by: "futex_op", mask: FUTEX_OP, cases: shapes } },
  ),
  futex_waitv: call(
    {
      waiters: array(waiter, "nr_futexes", { most: WAITERS, beyond: "more" }),
      nr_futexes: uint,
      flags: hex32,
      timeout: timespec,
      clockid: oneOf(F.clock_ids),
    },
    { wait: "lock" },
  ),
  futex_wake: call({ uaddr, mask: hex32, nr: int, flags: hex32 }),
  futex_wait: call(
    { uaddr, val: ulong, mask: hex32, flags: hex32, timespec, clockid: oneOf(F.clock_ids) },
    { wait: "lock" },
  ),
  futex_requeue: call({ waiters: addr, flags: hex32, nr_wake: int, nr_requeue: int }),
  set_robust_list: call({ head: addr, len: size_t }),
  get_robust_list: call({ pid, head_ptr: out(ptr(addr)), len_ptr: out(ptr(ulong)) }),
  shmget: call(
    { key: special("ipc_key"), size: size_t, shmflg: special("ipc_mode", undefined, F.shm_flags) },
    ipc,
  ),
  shmat: call(
    { shmid: int, shmaddr: addr, shmflg: flags(F.shmat_flags) },
    { ret: "hex", classes: "ipc memory" },
  ),
  shmdt: call({ shmaddr: addr }, { classes: "ipc memory" }),
  shmctl: control({ shmid: int }, F.ipc_commands),
  semget: call(
    { key: special("ipc_key"), nsems: int, semflg: special("ipc_mode", undefined, F.ipc_flags) },
    ipc,
  ),
  semop: call({ semid: int, sops: sembufs, nsops: uint }, { classes: "ipc", wait: "lock" }),
  semtimedop: call(
    { semid: int, sops: sembufs, nsops: uint, timeout: timespec },
    { classes: "ipc", wait: "lock" },
  ),
  semctl: control({ semid: int, semnum: int }, F.sem_commands),
  msgget: call({ key: special("ipc_key"), msgflg: special("ipc_mode", undefined, F.ipc_flags) }, ipc),
  msgsnd: call(
    { msqid: int, msgp: special("msgbuf"), msgsz: size_t, msgflg: flags(F.msgrcv_flags) },
    { classes: "ipc", wait: "ipc" },
  ),
  msgrcv: call(
    {
      msqid: int,
      msgp: out(special("msgbuf_received")),
      msgsz: size_t,
      msgtyp: long,
      msgflg: flags(F.msgrcv_flags),
    },
    { ret: "long", classes: "ipc", wait: "ipc" },
  ),
  msgctl: control({ msqid: int }, F.msg_commands),
  mq_open: call(
    {
      name: path,
      oflag: flags(F.open_flags, F.open_modes),
      mode: when("oflag", 0o100, umode),
      attr: when("oflag", 0o100, ptr(struct("mq_attr", { ...mqFields, mq_flags: hex }))),
    },
    { ret: "fd", classes: "desc" },
  ),
  mq_unlink: call({ name: path }),
  mq_timedsend: call(
    { mqdes: fd, msg_ptr: buffer("msg_len"), msg_len: size_t, msg_prio: uint, abs_timeout: timespec },
    { classes: "desc", wait: "ipc" },
  ),
  mq_timedreceive: call(
    {
      mqdes: fd,
      msg_ptr: out(returned()),
      msg_len: size_t,
      msg_prio: out(ptr(uint)),
      abs_timeout: timespec,
    },
    { ret: "long", classes: "desc", wait: "ipc" },
  ),
  mq_notify: call({ mqdes: fd, sevp: special("sigevent", 64) }, { classes: "desc" }),
  mq_getsetattr: call({ mqdes: fd, newattr: ptr(mqAttr), oldattr: out(ptr(mqAttr)) }, { classes: "desc" }),
  pidfd_open: call({ pid, flags: flags(F.pidfd_open_flags) }, { ret: "fd", classes: "desc" }),
  pidfd_getfd: call(
    { pidfd: fd, targetfd: fdOf({ pidfd: "pidfd" }), flags: hex32 },
    { ret: "fd", classes: "desc" },
  ),
  pidfd_send_signal: call(
    { pidfd: fd, sig: signal, info: special("siginfo", 128), flags: hex32 },
    { classes: "desc signal process" },
  ),
});

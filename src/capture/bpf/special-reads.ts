/** What the printers of odd values and calls follow: pointers in memory, vectors, lengths found elsewhere. */
import {
  type Address,
  bufferLimit,
  type Count,
  fixed,
  longOf,
  type Plan,
  type Read,
  type Scope,
  vector,
} from "./plan.ts";

const LARGEST = 4096;
/** getdents' buffer is counted whole. */
const DIRENTS = 8192;

const bytes = (at: Address, count: Count, max: number): Read => ({ op: "bytes", at, count, max });
const string = (at: Address, max: number): Read => ({ op: "string", at, max });
const arg = (i: number, times = 1): Count => ({ arg: i, times });
const ret = (times = 1, max?: number): Count => ({ ret: true, times, max });
const words = (at: Address, n: number, slot: number): Read => ({ op: "words", at, bytes: n, slot });
/** The pointer in a slot. */
const behind = (slot: number, s: Scope): Address => ({ slot, word: s.word });
const named = (s: Scope, name: string): number => s.names.indexOf(name);
const limit = (s: Scope): number => bufferLimit(s.stringLimit);

/** struct msghdr at an address: name, vector and control data behind it. */
function msghdr(at: Address, s: Scope, total: Count | undefined): Read[] {
  const w = s.word;
  return [
    words(at, 7 * w, 0),
    bytes(behind(0, s), { slot: w, size: 4, times: 1 }, 128),
    vector(behind(2 * w, s), { slot: 3 * w, size: w, times: 1 }, total, s),
    bytes(behind(4 * w, s), { slot: 5 * w, size: w, times: 1 }, 512),
  ];
}

/** Messages whose contents are captured; each costs the verifier milliseconds at load. */
const MMSGHDRS = 2;
function mmsghdr(at: Address, s: Scope): Read[] {
  const reads: Read[] = [bytes(at, arg(named(s, "vlen"), 8 * s.word), LARGEST)];
  const argument = (at as { arg: number }).arg;
  for (let i = 0; i < MMSGHDRS; i++)
    reads.push(
      ...fixed({ arg: argument, plus: 8 * s.word * i + 7 * s.word }, 4),
      ...msghdr({ arg: argument, plus: 8 * s.word * i }, s, undefined),
    );
  return reads;
}

/** A number of bytes behind an argument's address. */
const after = (at: Address, plus: number): Address => ({ arg: (at as { arg: number }).arg, plus });

const strings = (at: Address, s: Scope): Read[] => [
  bytes(at, LARGEST, LARGEST),
  {
    op: "strings",
    at,
    // a process is known by its arguments, however short strings are to print
    each: Math.min(Math.max(s.stringLimit, 254), 1022) + 2,
    most: Math.min(s.elements, 64),
    word: s.word,
  },
];

/** struct iocb[]: those that the first few pointers lead to, and what they transfer (linux/aio_abi.h). */
const IOCBS = 4;
const IOCB_BYTES = 64;
const IOCB_BUF = 24;
const IOCB_NBYTES = 32;
function iocbs(at: Address, s: Scope): Read[] {
  const own = IOCBS * s.word;
  const reads: Read[] = [bytes(at, arg(named(s, "nr"), s.word), LARGEST), words(at, own, 0)];
  for (let i = 0; i < IOCBS; i++) reads.push(...iocb(behind(i * s.word, s), own, limit(s)));
  return reads;
}

function iocb(at: Address, slot: number, most: number): Read[] {
  return [
    words(at, IOCB_BYTES, slot),
    bytes({ slot: slot + IOCB_BUF, word: 8 }, { slot: slot + IOCB_NBYTES, size: 8, times: 1 }, most),
  ];
}

type Maker = (at: Address, s: Scope, data: unknown) => Read[] | undefined;

/** By the name a descriptor gives its special. */
export const specialReads: Readonly<Record<string, Maker>> = {
  argv: strings,
  envp: (at, s) => (s.verbose ? strings(at, s) : [bytes(at, LARGEST, LARGEST)]),
  msghdr: (at, s) => msghdr(at, s, undefined),
  msghdr_out: (at, s) => msghdr(at, s, ret()),
  mmsghdr,
  pollfds: (at) => [bytes(at, arg(1, 8), LARGEST)],
  fd_set: (at) => fixed(at, 128),
  pselect_mask: (at, s) => [words(at, 2 * s.word, 0), ...fixed(behind(0, s), 8)],
  aio_sigset: (at, s) => [words(at, 2 * s.word, 0), ...fixed(behind(0, s), 8)],
  epoll_events: (at, s) => [bytes(at, ret(12), Math.min(s.elements * 12, LARGEST))],
  dirents: (at) => [bytes(at, ret(), DIRENTS)],
  sockopt_value: (at) => [bytes(at, arg(4), 256)],
  sockopt_result: (at) => fixed(at, 64),
  xattr_value: (at, s) => [bytes(at, s.names.includes("size") ? arg(named(s, "size")) : LARGEST, limit(s))],
  xattr_list: (at, s) => [bytes(at, ret(), limit(s))],
  msgbuf: (at, s) => [...fixed(at, 2 * longOf(s)), bytes(after(at, longOf(s)), arg(2), limit(s))],
  msgbuf_received: (at, s) => fixed(at, Math.min(limit(s), 1024) + 8),
  shmat_flags: () => fixed({ arg: 3 }, 4),
  old_dirent: (at) => fixed(at, 268),
  bytes_arg1: (at, s) => [bytes(at, arg(1), limit(s))],
  mincore_vector: (at, s) => fixed(at, Math.min(s.elements, LARGEST)),
  iovec_addresses: (at, s, data) => [
    bytes(at, arg(named(s, data as string), 2 * s.word), Math.min(s.elements * 2 * s.word, LARGEST)),
  ],
  node_mask: (at, s) => fixed(at, Math.min(s.elements * 8, 1024)),
  cpuset_out: (at) => [bytes(at, ret(), 1024)],
  uring_cpus: (at, s) => [bytes(at, arg(named(s, "nr_args")), 1024)],
  uring_probe: (at) => fixed(at, 16 + 8 * 256),
  hex_returned: (at, s) => [bytes(at, ret(), limit(s))],
  open_how: (at, s) => [...fixed(at, 24), bytes(at, arg(named(s, "size")), LARGEST)],
  mount_attr: (at, s) => [...fixed(at, 32), bytes(at, arg(named(s, "size")), LARGEST)],
  xattr_args: (at, s) => [
    words(at, 16, 0),
    bytes({ slot: 0, word: 8 }, { slot: 8, size: 4, times: 1 }, limit(s)),
  ],
  iocbs,
  iocb: (at, s) => iocb(at, 0, limit(s)),
  hex_buffer: (at, s, data) => [bytes(at, arg(named(s, data as string)), limit(s))],
  char_array: (at, s) => [string(at, limit(s) + 2)],
  moving_offset: (at) => fixed(at, 8),
  remaining: (at) => fixed(at, 16),
};

/** From the stack pointer to uc_sigmask of a signal frame (arch/x86/include/uapi/asm/ucontext.h). */
export const SIGRETURN_MASK = 296;
export const SIGRETURN_MASK_IA32 = 248;
/** From the stack pointer to oldmask in the frame of an old signal handler; extramask ends 636 bytes behind. */
export const OLDMASK = 80;

const CLONE_RESULTS = 0x1000 | 0x100000;

/** Requests of ptrace(2) (linux/ptrace.h), and how many bytes lie where their last argument leads. */
const PTRACE_DATA: readonly (readonly [requests: readonly number[], bytes: number])[] = [
  [[1, 2, 3, 0x4201, 0x420a, 0x420b], 8],
  [[12, 13], 216],
  [[14, 15], 512],
  [[0x4202, 0x4203], 128],
  [[0x420d], 16],
  [[0x420e], 88],
];
const PTRACE_REGSETS = [0x4204, 0x4205];
const PTRACE_PEEKSIGINFO = 0x4209;
const PTRACE_SECCOMP_GET_FILTER = 0x420c;
const REGSET = 512;

function ptrace(s: Scope): Plan {
  const when = (values: readonly number[], reads: readonly Read[]): Read => ({
    op: "if",
    arg: 0,
    mask: 0xffffffff,
    values,
    reads,
  });
  const data: Address = { arg: 3 };
  const set = when(PTRACE_REGSETS, [
    words(data, 2 * s.word, 0),
    bytes(behind(0, s), { slot: s.word, size: s.word, times: 1 }, REGSET),
  ]);
  return {
    // the kernel overwrites the length
    entry: [set],
    exit: [
      ...PTRACE_DATA.map(([requests, size]) => when(requests, fixed(data, size))),
      set,
      when([PTRACE_PEEKSIGINFO], [...fixed({ arg: 2 }, 16), bytes(data, ret(128), LARGEST)]),
      when([PTRACE_SECCOMP_GET_FILTER], [bytes(data, ret(8), LARGEST)]),
    ],
  };
}

/** Calls whose whole argument list is printed by a special. */
export const callReads: Readonly<Record<string, (s: Scope) => Plan>> = {
  clone: () => ({
    entry: [],
    exit: [{ op: "if", arg: 0, mask: CLONE_RESULTS, values: undefined, reads: fixed({ arg: 2 }, 4) }],
  }),
  clone3: () => ({
    // as much as there is said to be, and the set_tid behind it
    entry: [
      bytes({ arg: 0 }, arg(1), LARGEST),
      words({ arg: 0 }, 88, 0),
      bytes({ slot: 64, word: 8 }, { slot: 72, size: 8, times: 4 }, 128),
    ],
    exit: [
      bytes({ arg: 0 }, arg(1), LARGEST),
      words({ arg: 0 }, 88, 0),
      ...fixed({ slot: 8, word: 8 }, 4),
      ...fixed({ slot: 24, word: 8 }, 4),
    ],
  }),
  ptrace,
  rt_sigreturn: (s) => ({
    entry: fixed({ sp: s.abi === "i386" ? SIGRETURN_MASK_IA32 : SIGRETURN_MASK }, 8),
    exit: [],
  }),
  sigreturn: () => ({ entry: fixed({ sp: OLDMASK }, 636), exit: [] }),
  ioctl: () => ({ entry: [], exit: [bytes({ arg: 2 }, { ioctl: 1 }, 1024)] }),
  prctl: () => ({
    entry: [],
    exit: [string({ arg: 1 }, 18), ...fixed({ arg: 1 }, 16), string({ arg: 4 }, 82)],
  }),
  quotactl: () => ({ entry: [], exit: [string({ arg: 1 }, LARGEST), ...fixed({ arg: 3 }, 112)] }),
  quotactl_fd: () => ({ entry: [], exit: fixed({ arg: 3 }, 112) }),
};

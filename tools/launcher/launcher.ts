/**
 * bin/svtrace: finds Node along PATH as /usr/bin/env does, or in the usual places, and becomes `node FLAG dist/main.cjs` with its own argv, argv[0]
 * included, as arguments. Before Node changes them it notes what the command of a tracer or chain-loader is to find as we
 * found it: which signals are ignored and blocked, which descriptors are open, the soft limit on open files. The note is one
 * more variable at the end of the environment, SVTRACE_START (src/kernel/inherited.ts reads and removes it):
 *
 *   IGNORED BLOCKED NOFILE OPEN0 OPEN64 OPEN128 OPEN192 : PATH
 *
 * The first seven are 16 hexadecimal digits each without spaces: masks of signals (1 is bit 0), the limit, masks of
 * descriptors 0 to 255. PATH is the file that was executed.
 *
 * Variables that Node obeys or takes for its own (NODE_OPTIONS, NODE_CHANNEL_FD, ...) are meant for the command: the
 * first letter of NODE_* becomes byte 1 until then, that of an SVTRACE_START that was there before byte 2.
 *
 * Registers that keep their meaning: rbp the frame, rbx where the new argv begins, r12 argv[0], r13 the rest of PATH,
 * r14 the file that was executed, r15 the end of the environment.
 */
import { supervisorCommands, supervisors, tools, tracers } from "../../src/cli/groups/names.ts";
import { Assembler, at } from "./assembler.ts";

/** System calls (asm/unistd_64.h). */
const nr = {
  write: 1,
  open: 2,
  close: 3,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  access: 21,
  execve: 59,
  exit: 60,
  fcntl: 72,
  readlink: 89,
  prlimit64: 302,
} as const;

const AT_EXECFN = 31;
const F_GETFD = 1;
const O_RDONLY = 0;
const O_WRONLY = 1;
const O_PATH = 0x200000;
const R_OK = 4;
const RLIMIT_NOFILE = 7;
const SIG_IGN = 1;
const NSIG = 64;
const SIGSET_BYTES = 8;
const ENOENT = 2;
const ENOTDIR = 20;

const NOTED_DESCRIPTORS = 256;
const VALUES = 3 + NOTED_DESCRIPTORS / 64;
const MOST_LINKS = 40;
/** Longest string copied; the kernel takes no path of more than 4096. */
const LONGEST = 4096;

/** The frame: what the kernel returns, the values of the note, envp, where argv[1] is, and three buffers for two strings each. */
const frame = {
  old: 0,
  values: 0x40,
  envp: 0x80,
  argument: 0x88,
  note: 0x100,
  main: 0x2300,
  other: 0x4500,
  size: 0x6710,
} as const;

/** V8 compiles and collects in the thread that needs it: with few CPUs its other threads are in the way of the traced. */
export const NODE_FLAG = "--single-threaded";
/**
 * What answers to others all the time collects early and often (MiB), and what takes long in threads beside it: of 200
 * restarts one or two waited 10 to 70 ms for it else, and memory that had only been used to start services stayed.
 */
const SUPERVISOR_FLAG = "--max-semi-space-size=1";

const COMMAND_NOT_FOUND = 127;
/** djb's programs say so when the system refuses. */
const SYSTEM_EXIT = 111;

const byte = (char: string): number => char.charCodeAt(0);
const fourBytes = (text: string): number => Buffer.from(text, "latin1").readUInt32LE();

/** The launcher's code and constants; the entry is the first byte. */
export function launcher(): Uint8Array {
  const a = new Assembler();
  readStack(a);
  noteSignals(a);
  noteLimit(a);
  noteDescriptors(a);
  writeNote(a);
  findProgram(a);
  becomeNode(a);
  complain(a);
  subroutines(a);
  constants(a);
  return a.bytes();
}

/** Arguments, environment and auxiliary vector as the kernel put them on the stack. */
function readStack(a: Assembler): void {
  a.mov("rbx", "rsp");
  a.op("sub", "rsp", frame.size);
  a.mov("rbp", "rsp");
  a.lea("r14", "empty");
  a.mov("r12", at("rbx", 8));
  a.mov("rcx", at("rbx"));
  // there is an argv[0], Linux sees to that since 5.18
  a.test64("rcx").j("z", "no-arguments");
  a.lea("r15", at("rbx", 16, "rcx"));
  a.store(at("rbp", frame.envp), "r15");
  a.lea("rax", at("rbx", 16)).store(at("rbp", frame.argument), "rax");
  a.lea("r13", "default-path");
  a.clear("rdx");

  a.label("variable").mov("rax", at("r15"));
  a.test64("rax").j("z", "variables-end");
  a.cmpMemory(4, at("rax"), fourBytes("PATH")).j("ne", "not-path");
  a.cmpMemory(1, at("rax", 4), byte("=")).j("ne", "next-variable");
  // the first one counts
  a.test64("rdx").j("nz", "next-variable");
  a.lea("rdx", at("rax", 5)).jmp("next-variable");
  a.label("not-path").cmpMemory(4, at("rax"), fourBytes("NODE")).j("ne", "not-node");
  a.cmpMemory(1, at("rax", 4), byte("_")).j("ne", "next-variable");
  a.storeByte(at("rax"), 1).jmp("next-variable");
  // getenv(3) would find it before ours
  a.label("not-node").cmpMemory(4, at("rax"), fourBytes("SVTR")).j("ne", "next-variable");
  a.cmpMemory(4, at("rax", 4), fourBytes("ACE_")).j("ne", "next-variable");
  a.cmpMemory(4, at("rax", 8), fourBytes("STAR")).j("ne", "next-variable");
  a.storeByte(at("rax"), 2);
  a.label("next-variable").op("add", "r15", 8).jmp("variable");

  a.label("variables-end").test64("rdx").cmov("nz", "r13", "rdx");
  a.lea("rax", at("r15", 8));
  a.label("auxiliary").mov("rcx", at("rax"));
  a.test64("rcx").j("z", "auxiliary-end");
  a.op("cmp", "rcx", AT_EXECFN).j("ne", "next-auxiliary");
  a.mov("r14", at("rax", 8));
  a.label("next-auxiliary").op("add", "rax", 16).jmp("auxiliary");
  a.label("auxiliary-end");
}

function noteSignals(a: Assembler): void {
  a.clear("r8").mov("r9", NSIG);
  a.label("signal").mov("rdi", "r9").clear("rsi").mov("rdx", "rbp").mov("r10", SIGSET_BYTES);
  a.syscall(nr.rt_sigaction);
  a.shl("r8", 1);
  a.cmpMemory(8, at("rbp", frame.old), SIG_IGN).j("ne", "not-ignored").inc("r8");
  a.label("not-ignored").dec("r9").j("nz", "signal");
  a.store(at("rbp", frame.values), "r8");
  a.clear("rdi")
    .clear("rsi")
    .lea("rdx", at("rbp", frame.values + 8))
    .syscall(nr.rt_sigprocmask);
}

function noteLimit(a: Assembler): void {
  // the hard limit, which comes after it, is overwritten by what is noted next
  a.clear("rdi")
    .mov("rsi", RLIMIT_NOFILE)
    .clear("rdx")
    .lea("r10", at("rbp", frame.values + 16));
  a.syscall(nr.prlimit64);
}

/**
 * Also puts something at closed descriptors 0 to 2, where Node would otherwise open /dev/null for both directions or, where
 * there is none, abort. Reading 0 and writing to 1 and 2 fail as if they were closed.
 */
function noteDescriptors(a: Assembler): void {
  a.mov("r9", NOTED_DESCRIPTORS - 1).mov("rsi", F_GETFD);
  a.label("descriptor").mov("rdi", "r9").syscall(nr.fcntl);
  a.shl("r8", 1).test("rax").j("s", "closed").inc("r8");
  a.label("closed").testBits("r9", 63).j("nz", "next-descriptor");
  a.mov("rax", "r9")
    .shr("rax", 6)
    .store(at("rbp", frame.values + 24, "rax"), "r8");
  a.label("next-descriptor").dec("r9").j("ns", "descriptor");

  a.not("r8").testBits("r8", 7).j("z", "standard-open");
  // what libraries do to standard output at the end, fsync, is an error with a path only
  a.mov("rsi", O_WRONLY).testBits("r8", 1).j("nz", "placeholder");
  a.label("for-reading").mov("rsi", O_RDONLY);
  a.label("placeholder").lea("rdi", "null-device").syscall(nr.open);
  a.test("rax").j("ns", "opened").lea("rdi", "root").mov("rsi", O_PATH).syscall(nr.open);
  a.label("opened").test("rax").j("s", "standard-open");
  a.op("cmp", "rax", 2).j("be", "for-reading");
  a.mov("rdi", "rax").syscall(nr.close);
  a.label("standard-open");
}

function writeNote(a: Assembler): void {
  a.lea("rdi", at("rbp", frame.note)).lea("rsi", "variable-name").call("append");
  a.clear("r9");
  a.label("value")
    .mov("r8", at("rbp", frame.values, "r9"))
    .mov("rcx", 16);
  a.label("digit").rol("r8", 4).mov("rax", "r8").op("and", "rax", 15).addAl(byte("0"));
  a.cmpAl(byte("9"))
    .j("be", "decimal")
    .addAl(byte("a") - byte("9") - 1);
  a.label("decimal").stosb().loop("digit");
  a.inc("r9").op("cmp", "r9", VALUES).j("ne", "value");
  a.movAl(byte(":")).stosb().mov("rsi", "r14").call("append");
  // over the end of the environment and the first word of the auxiliary vector, which nobody needs any more
  a.lea("rax", at("rbp", frame.note)).store(at("r15"), "rax").store(at("r15", 8), 0);
}

/** dist/main.cjs beside our directory: of the file we are, else, without /proc, of the names we were called by. */
function findProgram(a: Assembler): void {
  a.lea("rdi", "own-file")
    .lea("rsi", at("rbp", frame.main))
    .mov("rdx", LONGEST - 1)
    .syscall(nr.readlink);
  a.test("rax").j("le", "by-name");
  a.lea("rdi", at("rsi")).op("add", "rdi", "rax");
  // this one has no links in it, so that its parent's parent can be cut off
  a.lea("rsi", "below-package").mov("rdx", 2).call("readable").j("z", "found");
  a.label("by-name").mov("rsi", "r14").call("beside").j("z", "found");
  // the interpreter of a #! line: what was executed is the script; a name without a directory says nothing
  a.mov("rsi", "r12");
  a.label("named").lodsb().testAl().j("z", "no-program").cmpAl(byte("/")).j("ne", "named");
  a.mov("rsi", "r12").call("beside").j("nz", "no-program");
  a.label("found");
}

/**
 * execvp(3) of node, and where PATH has none in the usual places: what chain-loads may have been given a PATH of its own. Its argv
 * begins three words before ours, where argc was and below, and needs no copy.
 */
function becomeNode(a: Assembler): void {
  a.lea("rax", at("rbp", frame.main)).store(at("rbx"), "rax");
  a.call("whose").lea("rax", "flag").lea("rcx", "supervisor-flag").lea("rdx", "supervisors");
  // those and all that come after them in the list
  a.op("cmp", "r8", "rdx").cmov("ae", "rax", "rcx");
  a.op("sub", "rbx", 16).store(at("rbx", 8), "rax");
  a.lea("rax", "node").store(at("rbx"), "rax");
  a.clear("r10");
  a.label("directory").mov("rsi", "r13").lea("rdi", at("rbp", frame.other)).mov("rcx", LONGEST);
  a.label("letter").lodsb().testAl().j("z", "directory-end").cmpAl(byte(":")).j("e", "directory-end");
  a.stosb().loop("letter");
  // longer than any path: execve says so
  a.label("skip").lodsb().testAl().j("z", "directory-end").cmpAl(byte(":")).j("ne", "skip");
  a.label("directory-end").mov("r13", "rsi").mov("r9", "rax");
  a.lea("rcx", at("rbp", frame.other)).op("cmp", "rdi", "rcx").j("e", "current-directory");
  a.movAl(byte("/")).stosb();
  a.label("current-directory").lea("rsi", "node").call("append");
  a.lea("rdi", at("rbp", frame.other)).mov("rsi", "rbx").mov("rdx", at("rbp", frame.envp)).syscall(nr.execve);
  a.neg("rax");
  a.op("cmp", "rax", ENOENT).j("e", "not-there").op("cmp", "rax", ENOTDIR).j("e", "not-there");
  a.mov("r10", "rax");
  a.label("not-there").testBits("r9", 255).j("nz", "directory");
  // what is looked through last ends there
  a.lea("rcx", "usual-end").op("cmp", "r13", "rcx").j("e", "nowhere").lea("r13", "usual").jmp("directory");
  a.label("nowhere");
}

/** One line, and the exit code of the program that was wanted. */
function complain(a: Assembler): void {
  const begin = () => {
    a.call("whose").lea("rdi", at("rbp", frame.other)).lea("rsi", "svtrace");
    a.clear("r9").lea("rax", "commands").op("cmp", "r8", "rax").cmov("ae", "r8", "r9");
    a.test64("r8").cmov("nz", "rsi", "r8").call("append");
    // nor is strace, the first of the names, one of djb's
    a.lea("rax", "names").op("cmp", "r8", "rax").cmov("e", "r8", "r9");
  };
  begin();
  a.test64("r8").j("z", "plain").lea("rsi", "fatal").call("append");
  a.label("plain").lea("rsi", "unable-to-run").call("append");
  a.lea("rsi", "absent").test("r10").j("z", "why");
  a.lea("rsi", "errno").call("append").mov("rax", "r10").clear("rdx").mov("rcx", 10).div("rcx");
  // errno has three digits at most
  a.mov("r9", "rdx").clear("rdx").div("rcx").test("rax").j("z", "two-digits").addAl(byte("0")).stosb();
  a.label("two-digits").mov("rax", "rdx").addAl(byte("0")).stosb();
  a.mov("rax", "r9").addAl(byte("0")).stosb().lea("rsi", "empty");
  a.label("why").call("append").lea("rsi", "needs").call("append").jmp("say");

  a.label("no-program");
  begin();
  a.lea("rsi", "not-built").call("append");
  a.label("say").lea("rsi", at("rbp", frame.other)).mov("rdx", "rdi").op("sub", "rdx", "rsi");
  a.mov("rdi", 2).syscall(nr.write);
  a.mov("rdi", COMMAND_NOT_FOUND).test64("r8").j("z", "exit").mov("rdi", SYSTEM_EXIT);
  a.label("exit").syscall(nr.exit);
  a.label("no-arguments").mov("rdi", COMMAND_NOT_FOUND).syscall(nr.exit);
}

function subroutines(a: Assembler): void {
  // append(rsi string, rdi buffer): rdi becomes the end, where the NUL is
  a.label("append").mov("rcx", LONGEST);
  a.label("append-byte").lodsb().stosb().testAl().loopne("append-byte");
  a.lea("rdi", at("rdi", -1)).storeByte(at("rdi"), 0).ret();

  // readable(rdi end of the path in main, rdx names to cut off, rsi what to put there): zero flag if it can be read
  a.label("readable").lea("rcx", at("rbp", frame.main));
  a.label("cut").op("cmp", "rdi", "rcx").j("e", "cut-off").lea("rdi", at("rdi", -1));
  a.cmpMemory(1, at("rdi"), byte("/")).j("ne", "cut").dec("rdx").j("nz", "cut").inc("rdi");
  // of a file in the root directory that is what there is above it
  a.label("cut-off")
    .cmpMemory(1, at("rcx"), byte("/"))
    .j("ne", "join")
    .op("cmp", "rdi", "rcx")
    .j("ne", "join")
    .inc("rdi");
  a.label("join").call("append");
  a.lea("rdi", at("rbp", frame.main)).mov("rsi", R_OK).syscall(nr.access).test("rax").ret();

  // beside(rsi path): the same for a path that may be a symbolic link
  a.label("beside").lea("rdi", at("rbp", frame.main)).call("append").mov("r9", MOST_LINKS);
  a.label("link").mov("r8", "rdi").lea("rdi", at("rbp", frame.main)).lea("rsi", at("rbp", frame.other));
  a.mov("rdx", LONGEST - 1)
    .syscall(nr.readlink)
    .mov("rdi", "r8")
    .test("rax")
    .j("le", "no-link");
  a.lea("rcx", at("rsi")).op("add", "rcx", "rax").storeByte(at("rcx"), 0);
  a.lea("rcx", at("rbp", frame.main));
  a.cmpMemory(1, at("rsi"), byte("/")).j("ne", "relative").mov("rdi", "rcx");
  a.label("relative").op("cmp", "rdi", "rcx").j("e", "follow").lea("rdi", at("rdi", -1));
  a.cmpMemory(1, at("rdi"), byte("/")).j("ne", "relative").inc("rdi");
  a.label("follow").call("append").dec("r9").j("nz", "link");
  a.label("no-link").lea("rsi", "beside-directory").mov("rdx", 1).jmp("readable");

  // whose(): r8 is which of our names was wanted, or 0
  a.label("whose").mov("rsi", "r12").call("known").test64("r8").j("nz", "known-end");
  a.mov("rsi", at("rbp", frame.argument)).mov("rsi", at("rsi")).test64("rsi").j("z", "known-end");
  a.label("known").mov("rdi", "rsi");
  a.label("base-name").lodsb().cmpAl(byte("/")).j("ne", "name-letter").mov("rdi", "rsi");
  a.label("name-letter").testAl().j("nz", "base-name");
  a.lea("rsi", "names");
  a.label("name").mov("rdx", "rdi").mov("r8", "rsi");
  a.label("compare").lodsb().cmpAl(at("rdx")).j("ne", "differs").inc("rdx").testAl().j("nz", "compare").ret();
  a.label("differs").testAl().j("z", "next-name").lodsb().jmp("differs");
  a.label("next-name").cmpMemory(1, at("rsi"), 0).j("ne", "name").clear("r8");
  a.label("known-end").ret();
}

function constants(a: Assembler): void {
  a.string("variable-name", "SVTRACE_START=");
  a.string("default-path", "/bin:/usr/bin");
  a.string("usual", "/usr/local/bin:/usr/bin");
  a.label("usual-end");
  a.string("own-file", "/proc/self/exe");
  a.string("below-package", "dist/main.cjs");
  a.string("beside-directory", "../dist/main.cjs");
  a.string("null-device", "/dev/null");
  a.string("root", "/");
  a.string("node", "node");
  a.string("flag", NODE_FLAG);
  a.string("supervisor-flag", SUPERVISOR_FLAG);
  a.string("svtrace", "svtrace");
  a.string("fatal", ": fatal");
  a.string("unable-to-run", ": unable to run node: ");
  a.string("absent", "file does not exist");
  a.string("errno", "errno ");
  a.string("needs", "; svtrace needs Node.js 20 or newer in PATH\n");
  a.string("not-built", ": unable to find dist/main.cjs of svtrace; install it again, or npm run build\n");
  // "supervisors" and "commands" are places in the list that begins at "names"
  a.string("names", [...tracers, ...tools].join("\0"));
  a.string("supervisors", supervisors.join("\0"));
  a.string("commands", [...supervisorCommands, ""].join("\0"));
  a.string("empty", "");
}

/** Futex operations, keys and modes of System V IPC. */

import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, hexText, printEnum } from "../flags.ts";
import { addHi, addLo, printBytes } from "../pointers.ts";
import { modeDigits } from "../scalars.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";

const PRIVATE = 128;
const REALTIME = 256;
registerValue("futex_op", () =>
  pointerWalker((c, lo) => {
    const name = enumName(F.futex_ops, lo & ~(PRIVATE | REALTIME));
    if (name === undefined) {
      c.sink.xlat(lo, 0, undefined, F.futex_ops.fallback, "hex");
      return;
    }
    c.sink.xlat(
      lo,
      0,
      name + (lo & PRIVATE ? "_PRIVATE" : "") + (lo & REALTIME ? "|FUTEX_CLOCK_REALTIME" : ""),
      "",
      "hex",
    );
  }),
);

registerValue("futex_bitset", () =>
  pointerWalker((c, lo) =>
    lo === 0xffffffff ? c.sink.xlat(lo, 0, "FUTEX_BITSET_MATCH_ANY", "", "hex") : c.sink.hex(lo, 0),
  ),
);

const wakeOps = ["FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR"];
const wakeCompares = [
  "FUTEX_OP_CMP_EQ",
  "FUTEX_OP_CMP_NE",
  "FUTEX_OP_CMP_LT",
  "FUTEX_OP_CMP_LE",
  "FUTEX_OP_CMP_GT",
  "FUTEX_OP_CMP_GE",
];
/** Encoded as FUTEX_OP() of linux/futex.h does. */
registerValue("futex_wake_op", () =>
  pointerWalker((c, lo) => {
    const shift = (lo >>> 28) & 8 ? "FUTEX_OP_OPARG_SHIFT<<28|" : "";
    const op = (lo >>> 28) & 7;
    const compare = (lo >>> 24) & 0xf;
    const hex = (n: number) => (n === 0 ? "0" : `0x${n.toString(16)}`);
    c.sink.word(
      `${shift}${wakeOps[op] ?? `${hex(op)} /* FUTEX_OP_??? */`}<<28|${hex((lo >>> 12) & 0xfff)}<<12|` +
        `${wakeCompares[compare] ?? `${hex(compare)} /* FUTEX_OP_CMP_??? */`}<<24|${hex(lo & 0xfff)}`,
    );
  }),
);

registerValue("ipc_key", () =>
  pointerWalker((c, lo) => (lo === 0 ? c.sink.word("IPC_PRIVATE") : c.sink.hex(lo, 0))),
);

/** Above it, the logarithm of the size of huge pages (linux/shm.h). */
const SHM_HUGE_SHIFT = 26;

/** Flags, then permission bits: IPC_CREAT|0600. */
registerValue("ipc_mode", (data) =>
  pointerWalker((c, lo) => {
    const huge = data === F.shm_flags ? lo >>> SHM_HUGE_SHIFT : 0;
    const high = (lo & ~0o777 & (data === F.shm_flags ? 2 ** SHM_HUGE_SHIFT - 1 : -1)) >>> 0;
    const names = high === 0 ? "" : `${flagNames(data as FlagSet, high) ?? hexText(high, 0)}|`;
    const size = huge === 0 ? "" : `${huge}<<SHM_HUGE_SHIFT|`;
    c.sink.word(`${names}${size}${modeDigits(lo & 0o777)}`);
  }),
);

const IPC_64 = 0x100;
registerValue("ipc_command", (data) =>
  pointerWalker((c, lo) => {
    if (lo & IPC_64) c.sink.word("IPC_64|");
    printEnum(c, data as FlagSet, (lo & ~IPC_64) >>> 0);
  }),
);

registerValue(
  "short_value",
  (): Walker => ({
    size: () => 2,
    value: (c, lo) => c.sink.num((lo << 16) >> 16),
    memory: (c, at) => c.sink.num(c.memory.view.getInt16(at, true)),
  }),
);

/** struct msgbuf: a long, then bytes. */
function msgbuf(c: Context, lo: number, hi: number, length: number): void {
  if (!c.readLong(lo, hi) || length < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openStruct();
  c.sink.field("mtype");
  c.sink.long(c.wordLo, c.wordHi);
  c.sink.field("mtext");
  printBytes(c, addLo(lo, c.longSize), addHi(lo, hi, c.longSize), length);
  c.sink.closeStruct();
}
registerValue("msgbuf", () => pointerWalker((c, lo, hi) => msgbuf(c, lo, hi, c.arg(2))));
registerValue("msgbuf_received", () =>
  pointerWalker((c, lo, hi) => (c.call.error ? c.sink.addr(lo, hi) : msgbuf(c, lo, hi, c.ret))),
);

const keyrings: Readonly<Record<number, string>> = {
  [-1]: "KEY_SPEC_THREAD_KEYRING",
  [-2]: "KEY_SPEC_PROCESS_KEYRING",
  [-3]: "KEY_SPEC_SESSION_KEYRING",
  [-4]: "KEY_SPEC_USER_KEYRING",
  [-5]: "KEY_SPEC_USER_SESSION_KEYRING",
  [-6]: "KEY_SPEC_GROUP_KEYRING",
  [-7]: "KEY_SPEC_REQKEY_AUTH_KEY",
  [-8]: "KEY_SPEC_REQUESTOR_KEYRING",
};
registerValue("key_id", () =>
  pointerWalker((c, lo) => c.sink.xlat(lo, 0, keyrings[lo | 0] ?? String(lo | 0), "", "dec")),
);

/** struct sock_fprog: length and program. */
registerValue("seccomp_filter", () =>
  pointerWalker((c, lo, hi) => {
    const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 2 * c.wordSize);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    c.sink.field("len");
    c.sink.num(c.memory.view.getUint16(at, true));
    c.sink.field("filter");
    c.wordAt(at + c.wordSize);
    c.sink.addr(c.wordLo, c.wordHi);
    c.sink.closeStruct();
  }),
);

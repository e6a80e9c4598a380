/** keyctl(2): key numbers, and the structs its later operations take. */
import { errnoName } from "../../abi/errno.ts";
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, printFlags } from "../flags.ts";
import { elements, printBytes, printString } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { pointed, readable } from "./bytes.ts";

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
const key = (c: Context, n: number): void => c.sink.xlat(n >>> 0, 0, keyrings[n], "", "dec");
/** An errno, or a number if it is none. */
registerValue("plain_errno", () =>
  pointerWalker((c, lo) => c.sink.xlat(lo, 0, errnoName(lo), "", "unsigned")),
);
registerValue("default_keyring", () =>
  pointerWalker((c, lo) => {
    const set = F.key_default_keyrings;
    c.sink.xlat(lo, 0, enumName(set, lo), set.fallback, "dec");
  }),
);
registerValue("key_id", () => pointerWalker((c, lo) => key(c, lo | 0)));

/** Text as long as the call's result says, without the NUL it ends in. */
registerValue("key_text", () =>
  pointerWalker((c, lo, hi) => {
    const length = c.failed ? -1 : Math.min(c.ret < 0 ? Infinity : c.ret, c.number(c.index("length")));
    printBytes(c, lo, hi, length, true);
  }),
);

registerValue("dh_params", () =>
  pointed(12, (c, at) => {
    c.sink.openStruct();
    for (const [i, name] of ["private", "prime", "base"].entries()) {
      c.sink.field(name);
      key(c, c.memory.view.getInt32(at + 4 * i, true));
    }
    c.sink.closeStruct();
  }),
);

/** What is spare should be 0. */
function spare(c: Context, at: number, count: number): void {
  const v = c.memory.view;
  const values = Array.from({ length: count }, (_, i) => v.getUint32(at + 4 * i, true));
  if (values.every((n) => n === 0)) return;
  c.sink.field("__spare");
  c.sink.openArray();
  const limit = c.verbose ? values.length : c.options.stringLimit;
  for (const n of values.slice(0, limit)) {
    c.sink.item();
    c.sink.hex(n, 0);
  }
  if (limit < values.length) {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeArray();
}

/** struct keyctl_kdf_params. */
registerValue("kdf_params", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const length = 2 * word;
    const size = length + 36 + (word === 8 ? 4 : 0);
    // shown with -e verbose=none, too
    const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, size);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    c.sink.field("hashname");
    c.wordAt(at);
    printString(c, c.wordLo, c.wordHi, c.options.stringLimit);
    c.sink.field("otherinfo");
    c.wordAt(at + word);
    const info = c.memory.view.getUint32(at + length, true);
    if (info === 0) c.sink.addr(c.wordLo, c.wordHi);
    else printBytes(c, c.wordLo, c.wordHi, info);
    c.sink.field("otherinfolen");
    c.sink.num(info);
    spare(c, at + length + 4, 8);
    c.sink.closeStruct();
  }),
);

registerValue("pkey_query", () =>
  pointed(56, (c, at) => {
    const v = c.memory.view;
    c.sink.openStruct();
    c.sink.field("supported_ops");
    printFlags(c, F.key_operations, v.getUint32(at, true));
    c.sink.field("key_size");
    c.sink.num(v.getUint32(at + 4, true));
    for (const [i, name] of ["max_data_size", "max_sig_size", "max_enc_size", "max_dec_size"].entries()) {
      c.sink.field(name);
      c.sink.num(v.getUint16(at + 8 + 2 * i, true));
    }
    spare(c, at + 16, 10);
    c.sink.closeStruct();
  }),
);

const PARAMS = 40;
const IN_LENGTH = 4;
const OTHER_LENGTH = 8;

/** struct keyctl_pkey_params; `data` names its third member. */
registerValue("pkey_params", (data) =>
  pointed(PARAMS, (c, at) => {
    const v = c.memory.view;
    c.sink.openStruct();
    c.sink.field("key_id");
    key(c, v.getInt32(at, true));
    c.sink.field("in_len");
    c.sink.num(v.getUint32(at + IN_LENGTH, true));
    c.sink.field(data as string);
    c.sink.num(v.getUint32(at + OTHER_LENGTH, true));
    spare(c, at + 12, 7);
    c.sink.closeStruct();
  }),
);

/** Bytes whose count is in the params of argument 1: the first ones, or with `data` the others. */
registerValue("pkey_data", (data) =>
  pointerWalker((c, lo, hi) => {
    const { failed } = c;
    c.failed = false;
    const at = readable(c, c.argLo(1), c.argHi(1), PARAMS);
    c.failed = failed;
    if (at < 0 || failed) c.sink.addr(lo, hi);
    else printBytes(c, lo, hi, c.memory.view.getUint32(at + (data ? OTHER_LENGTH : IN_LENGTH), true));
  }),
);

const abilities: readonly FlagSet[] = [F.keyctl_abilities, F.keyctl_abilities1];
/** What the kernel can do with keys: a byte of flags after the other. */
registerValue("key_abilities", () =>
  pointerWalker((c, lo, hi) => {
    const count = c.failed ? -1 : Math.min(c.number(c.index("length")), c.ret < 0 ? Infinity : c.ret);
    if (count === 0 && (lo !== 0 || hi !== 0)) {
      c.sink.openArray();
      c.sink.closeArray();
      return;
    }
    if (count < 0 || readable(c, lo, hi, 1) < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openArray();
    elements(c, lo, hi, 1, count, (at, i) => {
      const set = abilities[i];
      if (set) printFlags(c, set, c.memory.bytes[at]);
      else c.sink.hex(c.memory.bytes[at], 0);
    });
    c.sink.closeArray();
  }),
);

const ARCH_MASK = 0xffff0000;
registerValue("kexec_flags", () =>
  pointerWalker((c, lo, hi) => {
    const arch = (lo & ARCH_MASK) >>> 0;
    compile({ kind: "enum", set: F.kexec_arches }).value(c, arch, 0);
    const rest = lo & ~ARCH_MASK;
    if (rest === 0 && hi === 0) return;
    c.sink.word("|");
    printFlags(c, F.kexec_flags, rest, hi);
  }),
);

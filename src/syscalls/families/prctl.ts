/** prctl(2): one call, an argument list for each operation. */
import * as F from "../../abi/flags.ts";
import {
  type Args,
  addr,
  byArg,
  call,
  cstring,
  family,
  flags,
  flags64,
  hex,
  long,
  oneOf,
  oneOf64,
  out,
  pid,
  ptr,
  special,
  uint,
  ulong,
  unlessArg,
} from "../types/build.ts";

const option = oneOf(F.prctl_options);
const rest = { arg3: hex, arg4: hex, arg5: hex };
const none: Args = { option };
const number: Args = { option, arg2: ulong };
const address: Args = { option, arg2: out(ptr(uint)) };
const numberAndRest: Args = { option, arg2: ulong, ...rest };
/** TASK_COMM_LEN less its NUL. */
const COMM = 15;

/** Operations by their number in include/uapi/linux/prctl.h. */
const operations: readonly (readonly [number, Args])[] = [
  [1, { option, sig: special("prctl_signal") }], // PR_SET_PDEATHSIG
  [2, { option, sig: out(special("prctl_signal_at", 4)) }], // PR_GET_PDEATHSIG
  [3, none], // PR_GET_DUMPABLE
  [4, { option, arg2: oneOf64(F.prctl_dumpable) }], // PR_SET_DUMPABLE
  [5, { option, arg2: out(ptr(flags(F.prctl_unalign))) }], // PR_GET_UNALIGN
  [6, { option, arg2: flags(F.prctl_unalign) }], // PR_SET_UNALIGN
  [7, none], // PR_GET_KEEPCAPS
  [8, number], // PR_SET_KEEPCAPS
  [9, address], // PR_GET_FPEMU
  [10, number], // PR_SET_FPEMU
  [11, address], // PR_GET_FPEXC
  [12, number], // PR_SET_FPEXC
  [13, none], // PR_GET_TIMING
  [14, number], // PR_SET_TIMING
  [15, { option, name: special("task_name", COMM, COMM) }], // PR_SET_NAME
  [16, { option, name: out(special("task_name", COMM + 1, COMM + 1)) }], // PR_GET_NAME
  [19, address], // PR_GET_ENDIAN
  [20, number], // PR_SET_ENDIAN
  [21, none], // PR_GET_SECCOMP
  [
    22, // PR_SET_SECCOMP
    {
      option,
      mode: oneOf64(F.seccomp_modes),
      args: unlessArg("mode", [1], byArg("mode", [[2, special("seccomp_filter", 16)]], hex)),
      arg4: unlessArg("mode", [1, 2], hex),
      arg5: unlessArg("mode", [1, 2], hex),
    },
  ],
  [23, { option, cap: oneOf64(F.capabilities) }], // PR_CAPBSET_READ
  [24, { option, cap: oneOf64(F.capabilities) }], // PR_CAPBSET_DROP
  [25, { option, arg2: out(ptr(oneOf(F.prctl_tsc))) }], // PR_GET_TSC
  [26, { option, arg2: oneOf(F.prctl_tsc) }], // PR_SET_TSC
  [27, none], // PR_GET_SECUREBITS
  [28, { option, arg2: flags64(F.secbits) }], // PR_SET_SECUREBITS
  [29, { option, arg2: long }], // PR_SET_TIMERSLACK
  [30, none], // PR_GET_TIMERSLACK
  [31, none], // PR_TASK_PERF_EVENTS_DISABLE
  [32, none], // PR_TASK_PERF_EVENTS_ENABLE
  [
    33, // PR_MCE_KILL
    {
      option,
      arg2: oneOf64(F.prctl_mce_kill),
      arg3: byArg("arg2", [[1, oneOf64(F.prctl_mce_policy)]], hex),
      arg4: hex,
      arg5: hex,
    },
  ],
  [35, { option, arg2: oneOf(F.prctl_mm), ...rest }], // PR_SET_MM
  [36, number], // PR_SET_CHILD_SUBREAPER
  [37, address], // PR_GET_CHILD_SUBREAPER
  [38, numberAndRest], // PR_SET_NO_NEW_PRIVS
  [40, { option, arg2: out(special("word_at", 8)) }], // PR_GET_TID_ADDRESS
  [41, numberAndRest], // PR_SET_THP_DISABLE
  [45, { option, arg2: flags(F.prctl_fp_mode) }], // PR_SET_FP_MODE
  [46, none], // PR_GET_FP_MODE
  [
    47, // PR_CAP_AMBIENT
    {
      option,
      arg2: oneOf64(F.prctl_ambient),
      arg3: byArg(
        "arg2",
        [1, 2, 3].map((n) => [n, oneOf64(F.capabilities)] as const),
        hex,
      ),
      arg4: hex,
      arg5: hex,
    },
  ],
  [50, { option, arg2: special("vector_length", undefined, F.prctl_sve) }], // PR_SVE_SET_VL
  [51, none], // PR_SVE_GET_VL
  [52, { option, arg2: oneOf64(F.prctl_speculation) }], // PR_GET_SPECULATION_CTRL
  [
    53, // PR_SET_SPECULATION_CTRL
    {
      option,
      arg2: oneOf64(F.prctl_speculation),
      arg3: byArg(
        "arg2",
        [0, 1, 2].map((n) => [n, oneOf64(F.prctl_speculation_set)] as const),
        hex,
      ),
    },
  ],
  [55, { option, arg2: special("tagged_addresses"), ...rest }], // PR_SET_TAGGED_ADDR_CTRL
  [57, numberAndRest], // PR_SET_IO_FLUSHER
  [59, { option, arg2: oneOf64(F.prctl_dispatch), offset: hex, length: hex, selector: addr }], // PR_SET_SYSCALL_USER_DISPATCH
  [63, { option, arg2: special("vector_length", undefined, F.prctl_sme) }], // PR_SME_SET_VL
  [64, none], // PR_SME_GET_VL
  [65, { option, arg2: flags64(F.prctl_mdwe), ...rest }], // PR_SET_MDWE
  [
    0x53564d41, // PR_SET_VMA
    {
      option,
      attr: oneOf64(F.prctl_vma_attrs),
      addr: byArg("attr", [[0, addr]], hex),
      size: byArg("attr", [[0, ulong]], hex),
      val: byArg("attr", [[0, cstring]], hex),
    },
  ],
  [0x59616d61, { option, pid: special("ptracer", undefined, pid) }], // PR_SET_PTRACER
];

export const prctls = family({
  prctl: call(
    { option, arg2: hex, ...rest },
    {
      classes: "creds",
      aux: "prctl_result",
      variants: { by: "option", cases: operations },
      retBy: {
        by: "option",
        cases: [27, 46, 50, 51, 52, 56, 63, 64, 66].map((n) => [n, "hex"] as const),
        // of a speculation that is not known the result is a number
        only: [{ of: 52, arg: 1, below: 3 }],
      },
    },
  ),
});

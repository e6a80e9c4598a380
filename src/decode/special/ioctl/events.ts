/** Commands of descriptors that report events: perf_event_open(2), userfaultfd(2), seccomp_unotify(2). */
import * as F from "../../../abi/flags.ts";
import { cstring, fd, flags, flags64, int, oneOf, special } from "../../../syscalls/types/build.ts";
import { compile } from "../../compile.ts";
import { boxed, type Command, each, grown, reads, record, value, writes } from "./command.ts";
import { argument, following, more, sizeOf } from "./parts.ts";

const u64 = boxed(special("u64"));
const hex64 = boxed(special("hex64"));
const range = record("uffdio_range", "start:hex len:hex");
const modes = {
  range,
  register: flags64(F.uffd_register_modes),
  copy: flags64(F.uffd_copy_modes),
  zero: flags64(F.uffd_zeropage_modes),
  protect: flags64(F.uffd_wp_modes),
  continue: flags64(F.uffd_continue_modes),
  api: flags64(F.uffd_api_ioctls),
  ioctls: flags64(F.uffd_range_ioctls),
  features: flags64(F.uffd_features),
};
const data = record("seccomp_data", "nr arch:arch instruction_pointer:addr args:hex", {
  arch: oneOf(F.audit_arches),
});
const notification = record("seccomp_notif", "id:hex pid:pid flags:hex data:data", { data });

/** Which BPF programs an event has: room for how many, then how many and which. */
const queryBpf: Command = {
  kind: "own",
  enter(c) {
    c.sink.arg("argp");
    const at = argument(c, 4);
    if (at < 0) {
      c.sink.addr(c.argLo(2), c.argHi(2));
      return true;
    }
    c.sink.openStruct();
    c.sink.field("ids_len");
    c.sink.num(c.memory.view.getUint32(at, true));
    return false;
  },
  exit(c) {
    c.sink.comma?.(true);
    const at = argument(c, 8);
    if (at < 0) more(c, at);
    else {
      const count = c.memory.view.getUint32(at + 4, true);
      c.sink.field("prog_cnt");
      c.sink.num(count);
      c.sink.field("ids");
      following(c, { kind: "uint" }, 8, count);
    }
    c.sink.closeStruct();
  },
};

/** A notification is received into memory that should be zero, and is then not shown. */
const receive: Command = {
  kind: "own",
  enter(c) {
    const at = argument(c, sizeOf(c, "seccomp_notif"));
    if (at >= 0 && c.memory.bytes.subarray(at, at + sizeOf(c, "seccomp_notif")).every((b) => b === 0)) {
      c.call.saved.push(0);
      return false;
    }
    c.sink.arg("argp");
    if (at < 0) c.sink.addr(c.argLo(2), c.argHi(2));
    else compile(notification).memory(c, at);
    return at < 0;
  },
  exit(c) {
    if (c.call.saved.length === 0) c.sink.becomes();
    else {
      c.sink.comma?.(true);
      c.sink.arg("argp");
    }
    const at = argument(c, sizeOf(c, "seccomp_notif"));
    if (at < 0) c.sink.addr(c.argLo(2), c.argHi(2));
    else compile(notification).memory(c, at);
  },
};

export const events: Readonly<Record<string, Command>> = {
  ...each(
    "PERF_EVENT_IOC_ENABLE PERF_EVENT_IOC_DISABLE PERF_EVENT_IOC_RESET",
    value(flags(F.perf_ioctl_flags)),
  ),
  ...each("PERF_EVENT_IOC_REFRESH PERF_EVENT_IOC_PAUSE_OUTPUT", value(int)),
  ...each("PERF_EVENT_IOC_SET_OUTPUT PERF_EVENT_IOC_SET_BPF", value(fd)),
  PERF_EVENT_IOC_PERIOD: reads(u64),
  PERF_EVENT_IOC_ID: writes(u64),
  PERF_EVENT_IOC_SET_FILTER: { kind: "in", type: cstring },

  PERF_EVENT_IOC_QUERY_BPF: queryBpf,

  UFFDIO_API: grown(
    record("uffdio_api", "api:hex features:features", modes),
    record("uffdio_api", "ioctls:api", modes),
  ),
  UFFDIO_REGISTER: grown(
    record("uffdio_register", "range:range mode:register", modes),
    record("uffdio_register", "ioctls:ioctls", modes),
  ),
  UFFDIO_COPY: grown(
    record("uffdio_copy", "dst:hex src:hex len:hex mode:copy", modes),
    record("uffdio_copy", "copy:hex"),
  ),
  UFFDIO_ZEROPAGE: grown(
    record("uffdio_zeropage", "range:range mode:zero", modes),
    record("uffdio_zeropage", "zeropage:hex"),
  ),
  ...each("UFFDIO_UNREGISTER UFFDIO_WAKE", reads(range)),

  SECCOMP_IOCTL_NOTIF_RECV: receive,
  SECCOMP_IOCTL_NOTIF_SEND: reads(
    record("seccomp_notif_resp", "id:hex val error flags:flags", { flags: flags(F.seccomp_answer_flags) }),
  ),
  SECCOMP_IOCTL_NOTIF_ID_VALID: reads(hex64),
  SECCOMP_IOCTL_NOTIF_ADDFD: reads(
    record("seccomp_notif_addfd", "id:hex flags:flags srcfd:fd newfd:newfd newfd_flags:open", {
      flags: flags(F.seccomp_addfd_flags),
      newfd: int,
      open: flags(F.open_flags),
    }),
  ),
};

/** Commands of trusted execution environments (linux/tee.h): a buffer with a struct and parameters behind it. */
import * as F from "../../../abi/flags.ts";
import { flags, oneOf } from "../../../syscalls/types/build.ts";
import type { Context } from "../../context.ts";
import { printEnum } from "../../flags.ts";
import { addHi, addLo, printArray } from "../../pointers.ts";
import type { Walker } from "../../walker.ts";
import { both, type Command, reads, record, writes } from "./command.ts";
import { argument, body, fields, number, own, type Part, sizeOf, when } from "./parts.ts";

const BUFFER = "tee_ioctl_buf_data";
const PARAMETER = "tee_ioctl_param";
const PARAMETERS_MAX = 1024;
const META = 0x100;
const MEMORY = new Set([5, 6, 7]);

const parameter: Walker = {
  size: (c) => sizeOf(c, PARAMETER),
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const { sink } = c;
    const { view } = c.memory;
    const attribute = view.getUint32(at, true);
    const wide = view.getUint32(at + 4, true);
    sink.openStruct();
    sink.field("attr");
    printEnum(c, F.tee_attributes, (attribute & ~META) >>> 0, wide);
    if (attribute & META) sink.word("|TEE_IOCTL_PARAM_ATTR_META");
    const whole = wide === 0 ? attribute : -1;
    const names = MEMORY.has(whole) ? ["shm_offs", "size", "shm_id"] : whole === 0 ? [] : ["a", "b", "c"];
    for (const [i, name] of names.entries()) {
      const [lo, hi] = [view.getUint32(at + 8 + 8 * i, true), view.getUint32(at + 12 + 8 * i, true)];
      sink.field(name);
      if (name === "shm_id") sink.ulong(lo, hi);
      else sink.hex(lo, hi);
    }
    sink.closeStruct();
  },
};

interface Call {
  readonly struct: string;
  readonly before: Part;
  readonly after: Part;
}

/** Prints the buffer's own fields: nothing in it can be shown. */
const bufferFields = fields(BUFFER, "buf_len buf_ptr:addr64");
function plain(c: Context, at: number): void {
  c.sink.openStruct();
  bufferFields(c, at);
  c.sink.closeStruct();
}

interface Found {
  readonly at: number;
  readonly length: readonly [lo: number, hi: number];
  /** Address of the parameters. */
  readonly parameters: readonly [lo: number, hi: number];
  readonly count: number;
}

/** Finds the struct the buffer leads to; undefined having printed what there is instead. */
function find(c: Context, struct: string): Found | undefined {
  const at = argument(c, sizeOf(c, BUFFER));
  if (at < 0) {
    c.sink.addr(c.argLo(2), c.argHi(2));
    return undefined;
  }
  const { view } = c.memory;
  const [lo, hi, length, lengthHi] = [0, 4, 8, 12].map((o) => view.getUint32(at + o, true));
  const size = sizeOf(c, struct);
  const possible = lengthHi === 0 && length <= PARAMETERS_MAX && length >= size;
  const inner = possible ? c.memory.readAll(lo, hi, size) : -1;
  const count = inner < 0 ? 0 : number(struct, "num_params")(c, inner);
  if (inner < 0 || (!c.exiting && size + count * sizeOf(c, PARAMETER) !== length)) {
    plain(c, argument(c, sizeOf(c, BUFFER)));
    return undefined;
  }
  const parameters = count === 0 ? ([0, 0] as const) : ([addLo(lo, size), addHi(lo, hi, size)] as const);
  return { at: inner, length: [length, lengthHi], parameters, count };
}
function parameters(c: Context, found: Found): void {
  c.sink.field("params");
  if (found.count === 0) c.sink.addr(0, 0);
  else printArray(c, parameter, ...found.parameters, found.count);
}

const session = ({ struct, before, after }: Call): Command => ({
  kind: "own",
  enter(c) {
    c.sink.arg("argp");
    const found = find(c, struct);
    if (!found) return true;
    c.sink.openStruct();
    c.sink.field("buf_len");
    c.sink.ulong(...found.length);
    c.sink.field("buf_ptr");
    c.sink.openStruct();
    before(c, found.at);
    parameters(c, found);
    c.sink.closeStruct();
    return false;
  },
  exit(c) {
    if (c.call.error) {
      c.sink.closeStruct();
      return;
    }
    c.sink.becomes();
    const found = find(c, struct);
    if (!found) return;
    c.sink.openStruct();
    after(c, found.at);
    parameters(c, found);
    c.sink.closeStruct();
    c.sink.closeStruct();
  },
});

const OPEN = "tee_ioctl_open_session_arg";
const login = number(OPEN, "clnt_login");
/** Logins that say nothing more, and those of a group, which say which one. */
const silent = new Set([0, 1, 4, 5]);
const groups = new Set([2, 6]);
const client: Part = (c, at) => {
  const kind = login(c, at);
  if (silent.has(kind)) return;
  if (groups.has(kind))
    own(OPEN, "clnt_uuid", (k, here) => {
      const id = k.memory.view.getInt32(here, true);
      k.sink.num(id === -1 ? -1 : id >>> 0);
    })(c, at);
  else fields(OPEN, "clnt_uuid:hex")(c, at);
};
const origin = { origin: oneOf(F.tee_origins) };
const memory = { flags: flags(F.tee_memory_flags) };
const VERSION = "tee_ioctl_version_data";
const isOptee = (c: Context, at: number): boolean => number(VERSION, "impl_id")(c, at) === 1;

export const enclaves: Readonly<Record<string, Command>> = {
  TEE_IOC_VERSION: writes(
    body(
      VERSION,
      fields(VERSION, "impl_id:id gen_caps:caps", {
        id: oneOf(F.tee_implementations),
        caps: flags(F.tee_capabilities),
      }),
      when(isOptee, fields(VERSION, "impl_caps:caps", { caps: flags(F.tee_optee_capabilities) })),
      when((c, at) => !isOptee(c, at), fields(VERSION, "impl_caps:hex")),
    ),
  ),
  TEE_IOC_OPEN_SESSION: session({
    struct: OPEN,
    before: (c, at) => {
      fields(OPEN, "uuid:uuid clnt_login:login", { login: oneOf(F.tee_logins) })(c, at);
      client(c, at);
      fields(OPEN, "cancel_id num_params")(c, at);
    },
    after: fields(OPEN, "session:hex ret ret_origin:origin", origin),
  }),
  TEE_IOC_INVOKE: session({
    struct: "tee_ioctl_invoke_arg",
    before: fields("tee_ioctl_invoke_arg", "func session:hex cancel_id num_params"),
    after: fields("tee_ioctl_invoke_arg", "ret ret_origin:origin", origin),
  }),
  TEE_IOC_SUPPL_RECV: session({
    struct: "tee_iocl_supp_recv_arg",
    before: fields("tee_iocl_supp_recv_arg", "func num_params"),
    after: fields("tee_iocl_supp_recv_arg", "num_params"),
  }),
  TEE_IOC_SUPPL_SEND: session({
    struct: "tee_iocl_supp_send_arg",
    before: fields("tee_iocl_supp_send_arg", "num_params"),
    after: fields("tee_iocl_supp_send_arg", "ret"),
  }),
  TEE_IOC_CANCEL: reads(record("tee_ioctl_cancel_arg", "cancel_id session:hex")),
  TEE_IOC_CLOSE_SESSION: reads(record("tee_ioctl_close_session_arg", "session:hex")),
  TEE_IOC_SHM_ALLOC: both(
    record("tee_ioctl_shm_alloc_data", "size:hex flags:flags", memory),
    record("tee_ioctl_shm_alloc_data", "size:hex flags:flags id", memory),
  ),
  TEE_IOC_SHM_REGISTER: both(
    record("tee_ioctl_shm_register_data", "addr:addr64 length:hex flags:flags", memory),
    record("tee_ioctl_shm_register_data", "length:hex flags:flags id", memory),
  ),
};

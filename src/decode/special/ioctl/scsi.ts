/** SG_IO: a command for a SCSI device, as struct sg_io_hdr (scsi/sg.h) or struct sg_io_v4 (linux/bsg.h). */
import * as F from "../../../abi/flags.ts";
import { flags, oneOf } from "../../../syscalls/types/build.ts";
import type { Context } from "../../context.ts";
import { printEnum } from "../../flags.ts";
import { printBytes, printIovec } from "../../pointers.ts";
import { registerValue } from "../../walker.ts";
import { hexQuoted } from "../bytes.ts";
import type { Command } from "./command.ts";
import { argument, fields, number, offsetOf, type Part, sizeOf, when } from "./parts.ts";

/** Prints bytes in hexadecimal, or those of `vectors` buffers, at the address a field holds. */
function buffer(struct: string, name: string, length: Length, vectors?: Length): Part {
  return (c, at) => {
    const count = vectors?.(c, at) ?? 0;
    const size = length(c, at);
    const wide = struct === "sg_io_v4" || c.wordSize === 8;
    const here = at + offsetOf(c, struct, name);
    const lo = c.memory.view.getUint32(here, true);
    const hi = wide ? c.memory.view.getUint32(here + 4, true) : 0;
    c.sink.field(name);
    if (count > 0) printIovec(c, lo, hi, count, size, printBytes);
    else hexBytes(c, lo, hi, size);
  };
}
type Length = (c: Context, at: number) => number;

export function hexBytes(c: Context, lo: number, hi: number, length: number): void {
  if (lo === 0 && hi === 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const at = c.memory.readMost(lo, hi, Math.min(length, c.options.stringLimit));
  if (at < 0) c.sink.addr(lo, hi);
  else hexQuoted(c, at, length, c.memory.got);
}

interface Version {
  readonly struct: string;
  /** The first word, and the name of its field. */
  readonly tag: string;
  readonly field: string;
  readonly request: readonly Part[];
  readonly answer: readonly Part[];
}

const hdr = "sg_io_hdr";
const of3 = (name: string): Length => number(hdr, name);
const [TO_DEV, FROM_DEV, TO_FROM_DEV] = [-2, -3, -4];
/** What of the data the device has sent. */
const received3: Length = (c, at) => {
  const length = of3("dxfer_len")(c, at);
  const rest = of3("resid")(c, at);
  return rest > 0 && rest <= length ? length - rest : length;
};
const directed =
  (...wanted: readonly number[]) =>
  (c: Context, at: number): boolean =>
    wanted.includes(of3("dxfer_direction")(c, at));
const exchanged = directed(TO_FROM_DEV);
const data3 = (length: Length): Part => buffer(hdr, "dxferp", length, of3("iovec_count"));

const v3: Version = {
  struct: hdr,
  tag: "S",
  field: "interface_id",
  request: [
    fields(hdr, "dxfer_direction:direction cmd_len", { direction: oneOf(F.sg_directions) }),
    buffer(hdr, "cmdp", of3("cmd_len")),
    fields(hdr, "mx_sb_len iovec_count dxfer_len timeout flags:flags", { flags: flags(F.sg_flags) }),
    when(directed(TO_DEV, TO_FROM_DEV), data3(of3("dxfer_len"))),
  ],
  answer: [
    when(directed(FROM_DEV), data3(received3)),
    // what has been sent before is shown to have become what came back
    when(
      (c, at) => exchanged(c, at) && received3(c, at) > 0,
      (c, at) => {
        c.sink.becomes();
        c.sink.comma?.(false);
        data3(received3)(c, at);
      },
    ),
    fields(hdr, "status:hex masked_status:hex msg_status:hex sb_len_wr"),
    buffer(hdr, "sbp", of3("sb_len_wr")),
    fields(hdr, "host_status:hex driver_status:hex resid duration info:info", { info: flags(F.sg_info) }),
  ],
};

const v4s = "sg_io_v4";
const of4 = (name: string): Length => number(v4s, name);
const received4: Length = (c, at) => {
  const length = of4("din_xfer_len")(c, at);
  const rest = of4("din_resid")(c, at);
  return rest > 0 && rest <= length ? length - rest : length;
};
const v4: Version = {
  struct: v4s,
  tag: "Q",
  field: "guard",
  request: [
    fields(v4s, "protocol:protocol subprotocol:subprotocol request_len", {
      protocol: oneOf(F.bsg_protocols),
      subprotocol: oneOf(F.bsg_subprotocols),
    }),
    buffer(v4s, "request", of4("request_len")),
    fields(
      v4s,
      `request_tag:hex request_attr request_priority request_extra max_response_len dout_iovec_count dout_xfer_len
       din_iovec_count din_xfer_len`,
    ),
    buffer(v4s, "dout_xferp", of4("dout_xfer_len"), of4("dout_iovec_count")),
    fields(v4s, "timeout flags:flags usr_ptr:hex", { flags: flags(F.bsg_flags) }),
  ],
  answer: [
    fields(v4s, "response_len"),
    buffer(v4s, "response", of4("response_len")),
    buffer(v4s, "din_xferp", received4, of4("din_iovec_count")),
    fields(
      v4s,
      `driver_status:hex transport_status:hex device_status:hex retry_delay info:info duration response_len din_resid
       dout_resid generated_tag:hex`,
      { info: flags(F.sg_info) },
    ),
  ],
};
const versions: ReadonlyMap<number, Version> = new Map([v3, v4].map((v) => [v.tag.charCodeAt(0), v]));

const NO_ESCALATE = 0x100;
registerValue("sg_reset", () => ({
  size: () => 4,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const value = c.memory.view.getUint32(at, true);
    if (value & NO_ESCALATE) {
      c.sink.xlat(NO_ESCALATE, 0, "SG_SCSI_RESET_NO_ESCALATE", "", "hex");
      c.sink.word("|");
    }
    printEnum(c, F.sg_resets, (value & ~NO_ESCALATE) >>> 0);
  },
}));

export const scsiCommand: Command = {
  kind: "own",
  enter(c) {
    const { sink } = c;
    sink.arg("argp");
    const tag = argument(c, 4);
    if (tag < 0) {
      sink.addr(c.argLo(2), c.argHi(2));
      return true;
    }
    const id = c.memory.view.getUint32(tag, true);
    const version = versions.get(id);
    if (!version) {
      sink.openArray();
      sink.item();
      sink.num(id);
      sink.closeArray();
      return true;
    }
    c.call.saved.push(id);
    sink.openStruct();
    sink.field(version.field);
    sink.word(`'${version.tag}'`);
    const at = argument(c, sizeOf(c, version.struct));
    if (at < 0) {
      sink.item();
      sink.addr(c.argLo(2), c.argHi(2));
      sink.closeStruct();
      return true;
    }
    for (const part of version.request) part(c, at);
    return false;
  },
  exit(c) {
    const version = versions.get(c.call.saved[0])!;
    // the answer is shown whether the call failed or not
    c.failed = false;
    const at = argument(c, sizeOf(c, version.struct));
    c.sink.comma?.(true);
    if (at >= 0) {
      const id = c.memory.view.getUint32(at, true);
      if (id === c.call.saved[0]) for (const part of version.answer) part(c, at);
      else {
        c.sink.becomes();
        c.sink.comma?.(false);
        c.sink.field(version.field);
        c.sink.num(id);
      }
    }
    c.sink.closeStruct();
  },
};

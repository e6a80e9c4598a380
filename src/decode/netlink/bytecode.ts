/** What `ss` asks the kernel to filter by (struct inet_diag_bc_op, linux/inet_diag.h). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { printInterface } from "../special/addresses.ts";
import { hexString, type Value } from "./attrs.ts";
import { fieldsOf, word } from "./plain-fields.ts";
import { addressField } from "./values.ts";

const OP = 4;
/** A filter: struct inet_diag_bc_op[], each with what it compares. */
export const bytecode: Value = (c, at, length) => {
  if (length < OP) return false;
  operation(c, at);
  if (length === OP) return true;
  c.sink.item();
  const code = enumName(F.nl_inet_diag_ops, c.memory.bytes[at]) ?? "";
  (operands.get(code) ?? hexString)(c, at + OP, length - OP);
  return true;
};

function operation(c: Context, at: number): void {
  c.sink.openStruct();
  c.sink.field("code");
  printEnum(c, F.nl_inet_diag_ops, c.memory.bytes[at]);
  c.sink.field("yes");
  c.sink.num(c.memory.bytes[at + 1]);
  c.sink.field("no");
  c.sink.num(c.memory.view.getUint16(at + 2, true));
  c.sink.closeStruct();
}

type Operand = (c: Context, at: number, length: number) => void;
const compared: Operand = (c, at, length) => {
  if (length < OP) hexString(c, at, length);
  else operation(c, at);
};
const host: Operand = (c, at, length) => {
  if (length < 8) {
    hexString(c, at, length);
    return;
  }
  const { view, bytes } = c.memory;
  const of = bytes[at];
  c.sink.openStruct();
  c.sink.field("family");
  printEnum(c, F.address_families, of);
  c.sink.field("prefix_len");
  c.sink.num(bytes[at + 1]);
  c.sink.field("port");
  c.sink.num(view.getInt32(at + 4, true));
  if (length > 8) addressField(c, "addr", at + 8, length - 8, of);
  c.sink.closeStruct();
};
const device: Operand = (c, at, length) => {
  if (length < 4) hexString(c, at, length);
  else printInterface(c, c.memory.view.getUint32(at, true));
};
const mark: Operand = (c, at, length) => {
  if (length < 8) hexString(c, at, length);
  else {
    c.sink.openStruct();
    fieldsOf(c, at, [
      ["mark", 0, word],
      ["mask", 4, word],
    ]);
    c.sink.closeStruct();
  }
};
const operands: ReadonlyMap<string, Operand> = new Map([
  ...["S_GE", "S_LE", "D_GE", "D_LE"].map((n) => [`INET_DIAG_BC_${n}`, compared] as const),
  ["INET_DIAG_BC_S_COND", host],
  ["INET_DIAG_BC_D_COND", host],
  ["INET_DIAG_BC_DEV_COND", device],
  ["INET_DIAG_BC_MARK_COND", mark],
]);

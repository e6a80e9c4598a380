/** siginfo_t (include/uapi/asm-generic/siginfo.h): 128 bytes, fields by signal and si_code. */
import { siCodeName, signalName } from "../../abi/signals.ts";
import type { Context } from "../context.ts";

/** Prints a raw siginfo_t of the tracee. */
export function printSiginfo(c: Context, info: DataView): void {
  const signo = info.getInt32(0, true);
  const code = info.getInt32(8, true);
  c.sink.openStruct();
  c.sink.field("si_signo");
  c.sink.word(signalName(signo));
  c.sink.field("si_code");
  c.sink.word(siCodeName(signo, code) ?? String(code));
  c.sink.closeStruct();
}

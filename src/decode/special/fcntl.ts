/** fcntl(2): what its return values mean. */
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import { enumName, flagNames, hexText, printFlags } from "../flags.ts";
import { registerAux } from "../walker.ts";

const O_ACCMODE = 3;
const F_GETFD = 1;
const F_GETFL = 3;
const F_GETSIG = 11;
const F_GETLEASE = 1025;
const F_GET_SEALS = 1034;

registerAux("fcntl_result", (c) => {
  const ret = c.call.retLo;
  const command = c.argLo(1);
  if (command === F_GETFL) {
    const rest = (ret & ~O_ACCMODE) >>> 0;
    const names = rest === 0 ? "" : `|${flagNames(F.open_flags, rest) ?? hexText(rest, 0)}`;
    c.sink.word(`flags ${enumName(F.open_modes, ret & O_ACCMODE)}${names}`);
  } else if (command === F_GETLEASE) {
    const name = enumName(F.lock_types, ret);
    if (name !== undefined) c.sink.word(name);
  } else if (ret === 0) return;
  else if (command === F_GETFD) {
    c.sink.word("flags ");
    printFlags(c, F.fd_flags, ret);
  } else if (command === F_GETSIG) c.sink.word(signalName(ret));
  else if (command === F_GET_SEALS) {
    c.sink.word("seals ");
    printFlags(c, F.seals, ret);
  }
});

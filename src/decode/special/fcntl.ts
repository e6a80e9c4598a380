/** fcntl(2): what its return values mean. */
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import { enumName, flagNames } from "../flags.ts";
import { registerAux } from "../walker.ts";

const F_GETFD = 1;
const F_GETFL = 3;
const F_GETSIG = 11;
const F_GETLEASE = 1025;
const F_GET_SEALS = 1034;
const O_ACCMODE = 3;

registerAux("fcntl_result", (c) => {
  const ret = c.call.retLo;
  if (c.call.error !== 0) return;
  switch (c.argLo(1)) {
    case F_GETFD:
      if (ret !== 0) c.sink.word(`flags ${flagNames(F.fd_flags, ret) ?? `0x${ret.toString(16)}`}`);
      break;
    case F_GETFL: {
      const rest = (ret & ~O_ACCMODE) >>> 0;
      const mode = enumName(F.open_modes, ret & O_ACCMODE);
      c.sink.word(
        `flags ${mode}${rest ? `|${flagNames(F.open_flags, rest) ?? `0x${rest.toString(16)}`}` : ""}`,
      );
      break;
    }
    case F_GETSIG:
      if (ret !== 0) c.sink.word(signalName(ret));
      break;
    case F_GETLEASE:
      c.sink.word(enumName(F.lock_types, ret) ?? `0x${ret.toString(16)} /* F_??? */`);
      break;
    case F_GET_SEALS:
      if (ret !== 0) c.sink.word(`seals ${flagNames(F.seals, ret) ?? `0x${ret.toString(16)}`}`);
      break;
  }
});

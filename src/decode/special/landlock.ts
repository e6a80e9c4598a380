/** landlock_create_ruleset(2). */
import * as F from "../../abi/flags.ts";
import { flags64, struct } from "../../syscalls/types/build.ts";
import { compile } from "../compile.ts";
import type { StructWalker } from "../structs.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { readable } from "./bytes.ts";

const ruleset = compile(
  struct("landlock_ruleset_attr", { handled_access_fs: flags64(F.landlock_fs_access) }),
);
const RULESET = 8;
/** struct landlock_ruleset_attr as strace knows it, of a size the caller says. */
registerValue("landlock_ruleset", () =>
  pointerWalker((c, lo, hi) => {
    const size = c.number(1);
    const at = size >= RULESET ? readable(c, lo, hi, RULESET) : -1;
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    (ruleset as StructWalker).fields(c, at);
    if (size > RULESET) {
      c.sink.item();
      c.sink.more();
    }
    c.sink.closeStruct();
  }),
);

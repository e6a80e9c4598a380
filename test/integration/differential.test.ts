/** The same command under Debian's strace and under ours: the same lines. */
import { differential } from "../differential/suite.ts";

differential({ options: [], all: 0.998, each: 0.999, differs: [], lacks: "", oneOf: 1 });

/** Lines that may differ from strace's under the bpf engine; docs/ENGINES.md has the reasons. */
import type { Known } from "./cases.ts";

export const bpfDiffers: readonly Known[] = [{ why: "to be listed", line: /./ }];

/** The same command under Debian's strace and under our bpf engine; docs/ENGINES.md lists how their lines differ. */
import { bpfDiffers } from "../differential/bpf.ts";
import { differential } from "../differential/suite.ts";
import { noBpf } from "../helpers.ts";

differential({
  options: ["--engine", "bpf", "--order", "strace"],
  all: 0.97,
  each: 0.9,
  differs: bpfDiffers,
  lacks: noBpf(),
  oneOf: 2,
  leavesOut: { names: /^netlink /, why: "all of it is messages longer than what is captured" },
});

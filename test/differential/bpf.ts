/** Lines that may differ from strace's under the bpf engine; docs/ENGINES.md has the reasons. */
import type { Known } from "./known.ts";

export const bpfDiffers: readonly Known[] = [
  {
    why: "netlink messages are taken apart where all of one was captured, which `-s` decides",
    line: /^(sendto|recvfrom|sendmsg|recvmsg)\(.*(nlmsg_len|AF_NETLINK|NULL, (0|NULL))/,
  },
  {
    why: "nothing is stopped: processes and threads side by side wait for each other less, or elsewhere",
    line: /^(futex|poll|wait4|read|mmap|munmap|mprotect|brk)\(/,
  },
  {
    why: "signals reach their process elsewhere in its course, and what it does about them follows",
    line: /^(--- SIG\w+ \{|rt_sig(return|procmask|action|suspend)\()/,
  },
];

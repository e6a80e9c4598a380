/** Differences that more than one file of cases knows. */

export interface Known {
  readonly why: string;
  /** A line of strace's or ours, after normalising. */
  readonly line: RegExp;
}

export const deaths: Known = {
  why: "a child dies before its parent looks for it, or while it waits",
  line: /^(wait4\(|rt_sigreturn\(|rt_sigsuspend\(|--- SIGCHLD )/,
};

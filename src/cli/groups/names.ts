/** Which programs are in which bundle; what is in neither of these is in the third. */

/** Those that are over in a moment, or begin something that must not wait. */
export const tools = [
  "svc",
  "svstat",
  "svok",
  "multilog",
  "tai64n",
  "tai64nlocal",
  "setuidgid",
  "envuidgid",
  "envdir",
  "softlimit",
  "setlock",
  "pgrphack",
  "fghack",
  "readproctitle",
] as const;

/** Those that trace, and so need the tables of system calls. */
export const tracers = ["strace"] as const;
export const tracerCommands = ["run", "tracer", "trace"] as const;

/** Commands that live as long as services do. */
export const supervisorCommands = ["up", "logger"] as const;

/** Other programs that are also known by their own name. */
export const supervisors = ["svscan", "supervise"] as const;

/** daemontools' programs. */
export const djbPrograms = [...supervisors, ...tools] as const;

export const applets: readonly string[] = [...djbPrograms, ...tracers];

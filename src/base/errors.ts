/** A failed system call: which one, on what, why, and what to do about it. */
export class SysError extends Error {
  constructor(
    /** The call as a person would write it: `ptrace(PTRACE_SEIZE, 4211)`. */
    readonly call: string,
    /** Positive errno value. */
    readonly errno: number,
    /** Errno name, `EPERM`. */
    readonly code: string,
    /** The C library's text, `Operation not permitted`. */
    readonly text: string,
    /** What to do, if known. */
    readonly hint?: string,
  ) {
    super(`${call}: ${code}: ${hint ?? text}`);
    this.name = "SysError";
  }
}

/** Bad input from the user: one line, no stack. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
    this.name = "UsageError";
  }
}

/** An error's message on one line, shortened. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim().slice(0, 300);
}

/** Whether a call failed for want of what there may be later: descriptors, memory. */
export const isShortage = (error: unknown): boolean =>
  ["EMFILE", "ENFILE", "ENOMEM"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Throws in a turn of its own, for whoever deals with what nobody catches: what goes on here goes on. */
export function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/** Help was asked for among the options. */
export class HelpRequest extends Error {
  constructor(readonly program: string) {
    super("");
  }
}

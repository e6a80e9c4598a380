/** How much to decode and how to show it; filled from strace's options. */
export interface DecodeOptions {
  /** -s: bytes of a string that are shown. */
  stringLimit: number;
  /** Calls whose structures print in full (-v, -e abbrev=): true = none abbreviated. */
  verbose: (call: string) => boolean;
  /** Calls whose pointers are followed (-e verbose=). */
  dereference: (call: string) => boolean;
  /** Calls printed with raw hexadecimal arguments (-e raw=). */
  raw: (call: string) => boolean;
  /** -X: how named constants print. */
  xlat: "abbrev" | "raw" | "verbose";
  /** 1: -x (non-ASCII strings in hex), 2: -xx (all strings in hex), 3: hex instead of octal in escapes. */
  hexStrings: 0 | 1 | 2 | 3;
  /** -N: argument names. */
  argNames: boolean;
  /**
   * What is shown after a descriptor of a task (-y, -yy): a path or socket in angle brackets, `(deleted)` behind those of a
   * file that is; undefined if there is nothing to say, as of negative numbers.
   */
  fdText?: (tid: number, fd: number) => string | undefined;
  /** The same for the directory that AT_FDCWD means. */
  cwdText?: (tid: number) => string | undefined;
  /** With fdText: the process that a pidfd is for; undefined for other descriptors. */
  pidfdProcess?: (tid: number, fd: number) => number | undefined;
  /** Name of a network interface by its index, escaped. */
  interfaceText?: (index: number) => string | undefined;
  /** Family (NETLINK_ROUTE …) of a netlink socket, -1 if the kernel does not tell; undefined for other descriptors. */
  netlinkFamily?: (tid: number, fd: number) => number | undefined;
  /** Name of a generic netlink family by its number. */
  genericName?: (type: number) => string | undefined;
  /** -Y: comm shown after a pid. */
  pidText?: (pid: number) => string | undefined;
}

export function defaultOptions(): DecodeOptions {
  return {
    stringLimit: 32,
    verbose: () => false,
    dereference: () => true,
    raw: () => false,
    xlat: "abbrev",
    hexStrings: 0,
    argNames: false,
  };
}

/** Registers by the numbers that DWARF gives them: System V ABI, x86-64 figure 3.36 and i386 table 2.14. */

export interface Abi {
  /** Bytes of a word. */
  readonly width: 4 | 8;
  /** How many registers matter. */
  readonly count: number;
  readonly pc: number;
  readonly sp: number;
  /** Frame pointer. */
  readonly fp: number;
  /** Where each is in struct user_regs_struct (sys/user.h, as of a 64-bit tracer), in words. */
  readonly places: readonly number[];
}

export const abis = {
  x86_64: {
    width: 8,
    count: 17,
    pc: 16,
    sp: 7,
    fp: 6,
    places: [10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16],
  },
  i386: { width: 4, count: 9, pc: 8, sp: 4, fp: 5, places: [10, 11, 12, 5, 19, 4, 13, 14, 16] },
} as const satisfies Record<string, Abi>;

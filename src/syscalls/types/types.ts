/**
 * The vocabulary of descriptors: plain data saying what a value is. Engines read it to know what memory to copy
 * and when; `decode/` reads it to name things. Nothing here does either.
 */
import type { FlagSet } from "../../abi/flags.ts";

/** How many bytes or elements: a constant, another argument, or the call's return value. */
export type Length =
  | number
  | { readonly arg: string; readonly times?: number }
  /** The return value, never more than the argument `max` says. */
  | { readonly ret: true; readonly max?: string }
  /** A sibling field of the enclosing struct. */
  | { readonly field: string };

/** More values than the kernel takes: the first `most` of them are shown even with -v, or where they are. */
export interface ArrayLimit {
  readonly most: number;
  readonly beyond: "more" | "address";
}

/** Values that are complete in the register or field. */
export type ScalarKind =
  | "int"
  | "uint"
  | "long"
  | "ulong"
  | "short"
  | "ushort"
  | "byte"
  /** 0x… of the value's own width. */
  | "hex"
  | "hex32"
  /** A pointer that is not followed: NULL or 0x…. */
  | "addr"
  /** File type and permission bits, S_IFREG|0644. */
  | "mode"
  /** Permission bits only, 0644. */
  | "umode"
  | "dev"
  | "fd"
  | "dirfd"
  | "pid"
  | "uid"
  | "gid"
  | "signal"
  | "errno"
  /** Seconds since 1970; printed with a comment when verbose formats ask for it. */
  | "time";

export type Type =
  | { readonly kind: ScalarKind }
  /** OR of flags. `base` is an enumeration in the low bits (O_RDONLY…) printed first. */
  | { readonly kind: "flags"; readonly set: FlagSet; readonly base?: FlagSet; readonly wide?: boolean }
  /** Exactly one name of a set. */
  | { readonly kind: "enum"; readonly set: FlagSet; readonly wide?: boolean; readonly sign?: boolean }
  /** NUL-terminated file name, never shortened by -s. */
  | { readonly kind: "path" }
  /** NUL-terminated string, shortened by -s. */
  | { readonly kind: "cstring"; readonly max?: number }
  /** Bytes of a known length, shortened by -s; with `socket` messages, where argument 0 is a netlink socket. */
  | { readonly kind: "buffer"; readonly length: Length; readonly path?: boolean; readonly socket?: boolean }
  /** Pointer to one value; scalars print in brackets, [5]. */
  | { readonly kind: "pointer"; readonly to: Type }
  /** Pointer to consecutive values. */
  | {
      readonly kind: "array";
      readonly of: Type;
      readonly count: Length;
      readonly hex?: boolean;
      readonly limit?: ArrayLimit;
    }
  /** An array inside a struct. */
  | { readonly kind: "inline"; readonly of: Type; readonly count: number }
  /** A C struct in memory; `fields` in printing order, layouts from abi/. `abbrev` names what prints without -v. */
  | {
      readonly kind: "struct";
      readonly layout: string;
      readonly fields: Readonly<Record<string, Type>>;
      readonly abbrev?: readonly string[];
      /** Fields that print only if they are not zero: what is reserved, or was added later. */
      readonly unlessZero?: readonly string[];
      /** Fields that print only if they have one of these bits. */
      readonly onlyWith?: Readonly<Record<string, number>>;
      /** Fields that print only if they are not zero, but always with -v. */
      readonly unlessZeroShort?: readonly string[];
    }
  /** struct iovec[count] with contents; `bytes` limits what was transferred (return value). */
  | { readonly kind: "iovec"; readonly count: Length; readonly bytes?: Length }
  /** struct sockaddr of `length` bytes; with `inout` the length argument points to a length. */
  | { readonly kind: "sockaddr"; readonly length: Length; readonly inout?: boolean }
  /** Signal set of `size` bytes, which the call takes from `least` bytes on, or else as a word at least. */
  | { readonly kind: "sigset"; readonly size: Length; readonly least?: number }
  /** Decided by another argument or sibling field; `cases` keys are its low 32 bits. */
  | {
      readonly kind: "switch";
      readonly on: { readonly arg: string } | { readonly field: string };
      readonly cases: ReadonlyMap<number, Type>;
      readonly otherwise: Type;
    }
  /** Present only if another argument has any of these bits; otherwise the argument is not printed at all. */
  | {
      readonly kind: "optional";
      readonly arg: string;
      readonly mask: number;
      /** If given, the bits under the mask must be one of these. */
      readonly values?: readonly number[];
      /** If given, they must be none of these. */
      readonly except?: readonly number[];
      readonly of: Type;
    }
  /**
   * Escape hatch: a walker registered in decode/special under `name`. `reads` bounds what an engine must copy:
   * bytes at the pointer, or a NUL-terminated string.
   */
  | {
      readonly kind: "special";
      readonly name: string;
      readonly reads?: number | "string";
      readonly data?: unknown;
    };

/** When the memory behind an argument is meaningful. */
export type Direction = "in" | "out" | "inout";

export interface Arg {
  readonly name: string;
  readonly type: Type;
  readonly dir: Direction;
}

/** How the return value prints. */
export type Return =
  | "int"
  | "long"
  | "ulong"
  | "hex"
  | "octal"
  | "fd"
  | "pid"
  /** The call does not return: `= ?`. */
  | "none";

/** strace's %classes a call belongs to. */
export type CallClass =
  | "desc"
  | "file"
  | "memory"
  | "process"
  | "signal"
  | "ipc"
  | "network"
  | "creds"
  | "clock"
  | "pure"
  | "stat"
  | "lstat"
  | "fstat"
  | "stat_like"
  | "statfs"
  | "fstatfs"
  | "statfs_like";

/** What a wait in this call is about, for the analysis. */
export type WaitKind =
  | "disk"
  | "network"
  | "ipc"
  | "sleep"
  | "lock"
  | "child"
  | "poll"
  | "memory"
  | "entropy";

export interface Descriptor {
  readonly name: string;
  readonly args: readonly Arg[];
  readonly ret: Return;
  /** Other ways the return value prints, chosen by the low 32 bits of one argument. */
  readonly retBy?: {
    readonly by: string;
    readonly cases: ReadonlyMap<number, Return>;
    /** Cases that are so only if another argument is less than a number. */
    readonly only?: readonly { readonly of: number; readonly arg: number; readonly below: number }[];
  };
  readonly classes: readonly CallClass[];
  /** Name of a special that prints `(…)` after the return value, such as poll's ready set. */
  readonly aux?: string;
  /** Other argument lists, chosen by the low 32 bits of one argument (futex, prctl, fcntl …). */
  readonly variants?: {
    readonly by: string;
    /** The bits of it that choose, if not all do. */
    readonly mask?: number;
    readonly cases: ReadonlyMap<number, readonly Arg[]>;
  };
  readonly wait?: WaitKind;
  /** Whole argument list printed by a special (odd calls such as clone, whose order differs between ABIs). */
  readonly special?: string;
}

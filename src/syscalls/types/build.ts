/** Constructors for descriptors, so that a family file reads like the man page. */
import type { FlagSet } from "../../abi/flags.ts";
import type {
  Arg,
  ArrayLimit,
  CallClass,
  Descriptor,
  Direction,
  Length,
  Return,
  ScalarKind,
  Type,
  WaitKind,
} from "./types.ts";

const scalar = (kind: ScalarKind): Type => ({ kind });

export const int = scalar("int");
export const uint = scalar("uint");
export const ushort = scalar("ushort");
export const long = scalar("long");
export const ulong = scalar("ulong");
export const size_t = ulong;
export const off_t = long;
export const hex = scalar("hex");
export const hex32 = scalar("hex32");
export const addr = scalar("addr");
export const mode = scalar("mode");
export const umode = scalar("umode");
export const dev = scalar("dev");
export const fd = scalar("fd");
export const dirfd = scalar("dirfd");
export const pid = scalar("pid");
export const uid = scalar("uid");
export const gid = scalar("gid");
export const signal = scalar("signal");
export const time = scalar("time");
export const path: Type = { kind: "path" };
export const cstring: Type = { kind: "cstring" };

export const flags = (set: FlagSet, base?: FlagSet): Type => ({ kind: "flags", set, base });
export const flags64 = (set: FlagSet): Type => ({ kind: "flags", set, wide: true });
export const oneOf = (set: FlagSet): Type => ({ kind: "enum", set });
export const oneOf64 = (set: FlagSet): Type => ({ kind: "enum", set, wide: true });
/** Bytes whose count is another argument. */
export const buffer = (length: string | Length): Type => ({ kind: "buffer", length: toLength(length) });
/** Bytes whose count is the return value, at most argument `max`. */
export const returned = (max?: string): Type => ({ kind: "buffer", length: { ret: true, max } });
/** The same, sent to or received from a socket. */
export const message = (length: Length): Type => ({ kind: "buffer", length, socket: true });
export const ptr = (to: Type): Type => ({ kind: "pointer", to });
export const array = (of: Type, count: string | Length, limit?: ArrayLimit): Type => ({
  kind: "array",
  of,
  count: toLength(count),
  limit,
});
export const inline = (of: Type, count: number): Type => ({ kind: "inline", of, count });
export const struct = (
  layout: string,
  fields: Record<string, Type>,
  abbrev?: readonly string[],
  onlyWith?: Readonly<Record<string, number>>,
): Type => ({ kind: "struct", layout, fields, abbrev, onlyWith });
export const iovec = (count: string, bytes?: Length): Type => ({
  kind: "iovec",
  count: { arg: count },
  bytes,
});
export const sockaddr = (length: string): Type => ({ kind: "sockaddr", length: { arg: length } });
export const sockaddrOut = (length: string): Type => ({
  kind: "sockaddr",
  length: { arg: length },
  inout: true,
});
export const sigset = (size: string | Length, least?: number): Type => ({
  kind: "sigset",
  size: toLength(size),
  least,
});
export const special = (name: string, reads?: number | "string", data?: unknown): Type => ({
  kind: "special",
  name,
  reads,
  data,
});
/** A descriptor of the process that another argument, a process id or a pidfd, is about. */
export const fdOf = (owner: { readonly pid: string } | { readonly pidfd: string }): Type =>
  special("fd_of", undefined, owner);
export const when = (arg: string, mask: number, of: Type, values?: readonly number[]): Type => ({
  kind: "optional",
  arg,
  mask,
  values,
  of,
});
/** An argument that is there unless another one has one of these values. */
export const unlessArg = (arg: string, except: readonly number[], of: Type): Type => ({
  kind: "optional",
  arg,
  mask: 0xffffffff,
  except,
  of,
});
/** Type chosen by another argument. */
export const byArg = (arg: string, cases: readonly (readonly [number, Type])[], otherwise: Type): Type => ({
  kind: "switch",
  on: { arg },
  cases: new Map(cases),
  otherwise,
});
/** Type chosen by another field of the struct. */
export const byField = (
  field: string,
  cases: readonly (readonly [number, Type])[],
  otherwise: Type,
): Type => ({ kind: "switch", on: { field }, cases: new Map(cases), otherwise });

function toLength(length: string | Length): Length {
  return typeof length === "string" ? { arg: length } : length;
}

/** Marks an argument whose memory the kernel writes (out) or reads and writes (inout). */
export interface Directed {
  readonly type: Type;
  readonly dir: Direction;
}
export const out = (type: Type): Directed => ({ type, dir: "out" });
export const inout = (type: Type): Directed => ({ type, dir: "inout" });

export type Args = Readonly<Record<string, Type | Directed>>;

export interface CallOptions {
  readonly ret?: Return;
  readonly retBy?: {
    readonly by: string;
    readonly cases: readonly (readonly [number, Return])[];
    readonly only?: NonNullable<Descriptor["retBy"]>["only"];
  };
  /** Space-separated class names. */
  readonly classes?: string;
  readonly aux?: string;
  readonly wait?: WaitKind;
  readonly special?: string;
  readonly variants?: {
    readonly by: string;
    readonly mask?: number;
    readonly cases: readonly (readonly [number, Args])[];
  };
}

/** A call without its name; the family's key supplies it. */
export interface CallBody {
  readonly args: Args;
  readonly options: CallOptions;
}

/** Declares a call: arguments by man-page name, in order. */
export const call = (args: Args, options: CallOptions = {}): CallBody => ({ args, options });

/** Turns `{ name: call(...) }` into descriptors. */
export function family(calls: Readonly<Record<string, CallBody>>): Descriptor[] {
  return Object.entries(calls).map(([name, { args, options }]) => ({
    name,
    args: list(args),
    ret: options.ret ?? "int",
    retBy: options.retBy && { ...options.retBy, cases: new Map(options.retBy.cases) },
    classes: (options.classes?.split(" ") ?? []) as CallClass[],
    aux: options.aux,
    wait: options.wait,
    special: options.special,
    variants: options.variants && {
      by: options.variants.by,
      mask: options.variants.mask,
      cases: new Map(options.variants.cases.map(([key, value]) => [key, list(value)])),
    },
  }));
}

function list(args: Args): Arg[] {
  return Object.entries(args).map(([name, a]) =>
    "kind" in a ? { name, type: a, dir: "in" } : { name, ...a },
  );
}

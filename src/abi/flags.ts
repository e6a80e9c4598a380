/** Every flag set by name; see tools/generate/specs. */
export type { FlagSet } from "./flag-set.ts";
export * from "./generated/flags.ts";

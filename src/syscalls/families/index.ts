/** All families, one file each. */
import type { Descriptor } from "../types/types.ts";
import { identity } from "./identity.ts";
import { io } from "./io.ts";
import { process } from "./process.ts";
import { signals } from "./signal.ts";
import { times } from "./time.ts";

export const all: readonly Descriptor[] = [...io, ...process, ...signals, ...times, ...identity];

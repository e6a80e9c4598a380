/** All families, one file each. */
import type { Descriptor } from "../types/types.ts";
import { io } from "./io.ts";

export const all: readonly Descriptor[] = [...io];

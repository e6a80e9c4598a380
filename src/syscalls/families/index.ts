/** All families, one file each. */
import type { Descriptor } from "../types/types.ts";
import { aios } from "./aio.ts";
import { descriptors } from "./descriptor.ts";
import { execs } from "./exec.ts";
import { files } from "./file.ts";
import { identity } from "./identity.ts";
import { io } from "./io.ts";
import { kernels } from "./kernel.ts";
import { memories } from "./memory.ts";
import { mounts } from "./mount.ts";
import { sockets } from "./network.ts";
import { obsolete } from "./obsolete.ts";
import { prctls } from "./prctl.ts";
import { process } from "./process.ts";
import { signals } from "./signal.ts";
import { stats } from "./stat.ts";
import { sync } from "./sync.ts";
import { times } from "./time.ts";
import { transfers } from "./transfer.ts";
import { waiting } from "./waiting.ts";
import { xattrs } from "./xattr.ts";

export const all: readonly Descriptor[] = [
  ...io,
  ...process,
  ...prctls,
  ...signals,
  ...times,
  ...identity,
  ...descriptors,
  ...execs,
  ...files,
  ...memories,
  ...stats,
  ...transfers,
  ...xattrs,
  ...aios,
  ...mounts,
  ...sockets,
  ...waiting,
  ...sync,
  ...kernels,
  ...obsolete,
];

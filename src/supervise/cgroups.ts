/** Where the cgroups of services are. */

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../base/bytes.ts";
import { identityOf } from "../base/identity.ts";
import { ownCgroup } from "../kernel/cgroup.ts";

/** Where the cgroups of the services of a directory are; undefined where there are none to be had. */
export function cgroupBase(dir: string): string | undefined {
  const own = ownCgroup();
  const id = createHash("sha256")
    .update(identityOf(statSync(bytesOf(dir))))
    .digest("hex")
    .slice(0, 8);
  return own && join(own, `svtrace-${id}`);
}

/** The one of a service directory: not by its name, which may be another's later. */
export const cgroupOf = (base: string, dir: string): string => join(base, identityOf(statSync(bytesOf(dir))));

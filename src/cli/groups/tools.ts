/** The bundle of daemontools' small programs. */
import { type Programs, runGroup } from "../programs.ts";
import type { tools } from "./names.ts";

const applets: Programs<(typeof tools)[number]> = {
  svc: () => import("../svc.ts"),
  svstat: () => import("../svstat.ts"),
  svok: () => import("../svok.ts"),
  multilog: () => import("../multilog.ts"),
  tai64n: () => import("../tai64n.ts"),
  tai64nlocal: () => import("../tai64nlocal.ts"),
  setuidgid: () => import("../setuidgid.ts"),
  envuidgid: () => import("../envuidgid.ts"),
  envdir: () => import("../envdir.ts"),
  softlimit: () => import("../softlimit.ts"),
  setlock: () => import("../setlock.ts"),
  pgrphack: () => import("../pgrphack.ts"),
  fghack: () => import("../fghack.ts"),
  readproctitle: () => import("../readproctitle.ts"),
};

export const start = (name: string, argv: string[]): Promise<void> =>
  runGroup({ applets, commands: {} }, name, argv);

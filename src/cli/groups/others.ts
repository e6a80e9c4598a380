/** All other programs, and what is to be said when there is none of that name. */
import { type Programs, runGroup } from "../programs.ts";
import type { supervisors } from "./names.ts";

const applets: Programs<(typeof supervisors)[number]> = {
  svscan: () => import("../svscan.ts"),
  supervise: () => import("../supervise.ts"),
};

const commands: Programs = {
  up: () => import("../up.ts"),
  status: () => import("../status.ts"),
  restart: () => import("../restart.ts"),
  stuck: () => import("../stuck.ts"),
  top: () => import("../top.ts"),
  why: () => import("../why.ts"),
  history: () => import("../history.ts"),
  diff: () => import("../diff.ts"),
  record: () => import("../record.ts"),
  export: () => import("../export.ts"),
  doctor: () => import("../doctor.ts"),
  recorder: () => import("../recorder.ts"),
  logs: () => import("../logs.ts"),
  applets: () => import("../applets.ts"),
  completions: () => import("../completions.ts"),
  man: () => import("../man.ts"),
  help: () => import("../help.ts"),
  logger: () => import("../logger.ts"),
};

export const start = (name: string, argv: string[]): Promise<void> =>
  runGroup({ applets, commands }, name, argv);

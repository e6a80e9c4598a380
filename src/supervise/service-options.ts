/** What a service gets from whoever supervises it among others. */
import type { LogPipe } from "./log-pipe.ts";
import type { RecorderLink } from "./recorder-link.ts";

export interface ServiceOptions {
  /** What messages begin with. */
  readonly program: string;
  /** Name in messages, if not the directory. */
  readonly label?: string;
  /** Descriptor for the child's standard input, if it is not ours. */
  readonly stdin?: number;
  /** The pipe its standard output goes to, if there is a logger. */
  readonly log?: () => LogPipe | undefined;
  /** Called before each start. */
  readonly beforeStart?: () => void;
  /** Directory of the cgroup for its processes. */
  readonly cgroup?: string;
  /** Where settings lie that the service has not. */
  readonly defaults?: string;
  readonly recorder?: RecorderLink;
  /** Which of these services are not ready. */
  readonly missing?: (needs: readonly string[]) => string[];
  /** Called after each change of state or readiness. */
  readonly onChange?: () => void;
  /** Called when orphans may become ours to wait for. */
  readonly onNeedSubreaper?: () => void;
  /** Called when the service has given its directory up. */
  readonly onGone?: () => void;
}

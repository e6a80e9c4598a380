/** What a service gets from whoever supervises it among others. */
import type { RecorderLink } from "./recorder-link.ts";

export interface ServiceOptions {
  /** What messages begin with. */
  readonly program: string;
  /** Name in messages, if not the directory. */
  readonly label?: string;
  /** Descriptors for the child's stdin and stdout (the log pipe), if they are not ours. */
  readonly stdin?: number;
  readonly stdout?: number;
  /** Inode of the log pipe. */
  readonly logPipe?: number;
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

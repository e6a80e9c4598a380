/** What the recorder is told of one service, where it is recorded. */
import { Between } from "./between.ts";
import type { RecorderLink } from "./recorder-link.ts";

interface Told {
  readonly name: string;
  /** Absolute, without symbolic links. */
  readonly dir: string;
}

export class Telling {
  readonly between = new Between();

  constructor(
    readonly recorder: RecorderLink | undefined,
    private readonly service: () => Told | undefined,
  ) {}

  /** Something happened, which the recorder may miss; nothing, where `service` says that it is not recorded. */
  tell(event: string, more: Readonly<Record<string, unknown>>): void {
    if (!this.recorder) return;
    const service = this.service();
    if (service) this.recorder.tell({ ...message(event, service), ...more });
  }

  /** It was started as `pid`, which waits for the recorder. */
  start(pid: number): void {
    const service = this.service();
    if (!service) return;
    const said = message("start", service);
    const more = { pid, supervisor: process.pid, between: this.between.told(said.time) };
    this.recorder?.handOver(pid, { ...said, ...more });
  }
}

const message = (event: string, { name, dir }: Told) => ({
  event,
  service: name,
  dir,
  time: Date.now() / 1000,
});

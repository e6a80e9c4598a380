/** One lifetime of a service with where it is recorded: the service's directory is held as long as anything is to be written. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { HeldDir } from "./held-dir.ts";
import { recordingsDir } from "./names.ts";
import type { Settings } from "./settings.ts";
import type { RecordingSink } from "./sink.ts";

export class Recorded {
  private home: HeldDir | undefined;
  /** Of the service's directory. */
  readonly identity: string;

  constructor(
    readonly sink: RecordingSink,
    readonly settings: Settings,
    home: HeldDir,
  ) {
    this.home = home;
    this.identity = home.identity;
  }

  /** Where recordings of the service are. */
  get recordings(): string {
    return dirname(this.sink.path);
  }

  /** More is to be written. False if the recording is not there any more, where `dir` may be another directory by now. */
  hold(dir: string): boolean {
    if (this.home) return true;
    try {
      const home = new HeldDir(dir);
      const path = this.pathIn(home.path);
      if (home.identity === this.identity && existsSync(path)) {
        this.home = home;
        this.sink.path = path;
        return true;
      }
      home.close();
    } catch {
      // neither is the directory
    }
    return false;
  }

  /** All is written. */
  release(): void {
    if (!this.home) return;
    this.sink.path = this.pathIn(this.home.name);
    this.home.close();
    this.home = undefined;
  }

  private pathIn(dir: string): string {
    return join(recordingsDir(dir), basename(this.sink.path));
  }
}

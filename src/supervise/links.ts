/** Names in a directory that lead elsewhere: what is behind them changes without a change of the directory. */
import { type Stats, stat } from "node:fs";
import { bytesOf } from "../base/bytes.ts";
import { identityOf } from "../base/identity.ts";

interface Link {
  readonly path: Buffer;
  /** What it led to when the directory was looked at last; undefined if nowhere. */
  led: string | undefined;
  /** Has been asked where it leads, and has not answered. */
  asked: boolean;
}

/** Looks now and then where they lead. */
export class Links {
  private links = new Map<string, Link>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    /** Time between two looks (ms). */
    private readonly every: number,
    /** Called when one leads elsewhere. */
    private readonly changed: () => void,
  ) {}

  /** Paths, and where they lead now: these are looked at from now on, and no others. */
  watch(paths: ReadonlyMap<string, string | undefined>): void {
    const before = this.links;
    this.links = new Map();
    for (const [path, led] of paths) {
      const link = before.get(path) ?? { path: bytesOf(path), led, asked: false };
      link.led = led;
      this.links.set(path, link);
    }
    if (paths.size === 0) this.close();
    else this.timer ??= setInterval(() => this.look(), this.every);
  }

  /** Not by ourselves: a file system that does not answer would hold us up. */
  private look(): void {
    for (const [path, link] of this.links) {
      if (link.asked) continue;
      link.asked = true;
      stat(link.path, (error, stats) => {
        link.asked = false;
        const leads = error ? undefined : identityOf(stats);
        if (this.timer && leads !== link.led && this.links.get(path) === link) this.changed();
      });
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

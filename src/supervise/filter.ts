/** stdin to stdout through a function, a read at a time: nothing is held back, and one end waits for the other. */
import { readSync, writeSync } from "node:fs";
import { readable, writable } from "../kernel/poll.ts";
import { AREA_BYTES, type Area, takeArea } from "./area.ts";
import { Fatal } from "./chain.ts";

const FOREVER = 2 ** 31 - 1;

/**
 * Puts what comes through `change`, which is given where it is and its length, 0 at the end. Resolves to the exit code
 * at the end of input. Throws Fatal.
 */
export async function filter(change: (input: Area, length: number) => Uint8Array): Promise<number> {
  const input = takeArea();
  for (;;) {
    const length = again(
      "read",
      () => readSync(0, input.bytes, 0, AREA_BYTES, null),
      () => readable(0, FOREVER),
    );
    const text = change(input, length);
    for (let at = 0; at < text.length; ) {
      at += again(
        "write",
        () => writeSync(1, text, at),
        () => writable(1, FOREVER),
      );
    }
    if (length === 0) return 0;
  }
}

/** A descriptor that somebody else has made non-blocking is waited for. */
function again(what: string, action: () => number, wait: () => void): number {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw new Fatal(`unable to ${what}`, error);
      wait();
    }
  }
}

/** A recording as strace prints it. */
import { callLine, deathLine, signalLine } from "../analyse/lines.ts";
import type { Source } from "../record/reader.ts";
import { inOrder } from "./order.ts";

/** Lines as `strace -f -ttt -T` prints them. Calls stand where they began; none is cut in two. */
export function straceLines({ recording, calls }: Source): AsyncIterable<string> {
  const { signals, processes, lifetime } = recording;
  const others = [
    ...signals.map((s) => ({ ts: s.ts, make: () => `${signalLine(s, lifetime)}\n` })),
    ...processes
      .filter((p) => p.died !== null)
      .map((p) => ({ ts: p.died!, make: () => `${deathLine(p, lifetime)}\n` })),
  ];
  return inOrder([], calls(), others, (call) => `${callLine(call, lifetime)}\n`);
}

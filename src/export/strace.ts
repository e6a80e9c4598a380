/** A recording as strace prints it. */
import { callLine, deathLine, signalLine } from "../analyse/lines.ts";
import type { Recording } from "../record/model.ts";
import { inOrder } from "./order.ts";

/** Lines as `strace -f -ttt -T` prints them. Calls stand where they began; none is cut in two. */
export function* straceLines({ calls, signals, processes, lifetime }: Recording): Iterable<string> {
  const lines = inOrder([
    ...calls.map((c) => ({ ts: c.ts, make: () => callLine(c, lifetime) })),
    ...signals.map((s) => ({ ts: s.ts, make: () => signalLine(s, lifetime) })),
    ...processes
      .filter((p) => p.died !== null)
      .map((p) => ({ ts: p.died!, make: () => deathLine(p, lifetime) })),
  ]);
  for (const line of lines) yield `${line}\n`;
}

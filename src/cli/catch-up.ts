/** The end of a trace whose events are behind what happened. */
import type { Engine } from "../capture/engine.ts";

/**
 * Captures nothing more and has `once`, which steps the engine, handle what waits until that is all or `givenUp`.
 * `captured` is told before that, at once, how many bytes wait.
 */
export async function catchUp(
  engine: Engine,
  once: () => Promise<unknown>,
  givenUp: () => boolean = () => false,
  captured: (bytes: number) => void = () => {},
): Promise<void> {
  if (!engine.finish) return;
  let waiting = engine.finish();
  captured(waiting);
  // a record that is never completed must not keep us here
  for (let before = -1; waiting > 0 && waiting !== before && !givenUp(); waiting = engine.finish()) {
    before = waiting;
    await once();
  }
}

/** Ending the services of a scan directory in order, and saying whom that waits for. */
import type { Service } from "./service.ts";

/** Stopping that takes longer than this (ms) says whom it waits for. */
export const PATIENCE_MS = 5000;
const POLL_MS = 10;

type Say = (text: string) => void;

interface Named {
  readonly name: string;
  readonly service: Service;
}

/** Services before those they need. Two may have the same name, if what was called so runs on under no name. */
export async function endInOrder(entries: readonly Named[], say: Say): Promise<void> {
  const rest = new Set(entries);
  const patience = patient(() => [...rest].map((e) => e.service), "", say);
  const told = new Set<Named>();
  while (rest.size > 0) {
    const needed = new Set([...rest].flatMap((e) => e.service.settings.needs));
    const free = [...rest].filter((e) => !needed.has(e.name));
    // a cycle: nobody is free, and nobody of it runs
    for (const entry of free.length > 0 ? free : rest) {
      if (!told.has(entry)) tell(entry.service, "dx");
      told.add(entry);
    }
    for (const entry of rest) if (told.has(entry) && !entry.service.supervised) rest.delete(entry);
    if (rest.size > 0) await pause();
  }
  clearTimeout(patience);
}

/** Loggers, when nobody writes to them any more. */
export async function endLoggers(
  loggers: readonly Service[],
  closePipes: () => void,
  say: Say,
): Promise<void> {
  // the end of the pipe tells a logger that it is over
  for (const one of loggers) tell(one, "x");
  closePipes();
  const waiting = () => loggers.filter((s) => s.supervised);
  const patience = patient(waiting, ", which waits for the end of its input", say);
  while (waiting().length > 0) await pause();
  clearTimeout(patience);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_MS));

function patient(who: () => Service[], why: string, say: Say): NodeJS.Timeout {
  return setTimeout(() => {
    for (const s of who()) if (s.pid !== 0) say(`still waiting for ${s.dir} (pid ${s.pid})${why}`);
  }, PATIENCE_MS);
}

function tell(service: Service, commands: string): void {
  if (service.supervised) for (const c of commands) service.command(c);
}

/** Who asked a service to stop, as far as signals tell. */
import { senderText } from "./describe.ts";
import { noteRequest } from "./lifetime.ts";
import type { Lifetime } from "./model.ts";

const REQUESTS = new Set(["SIGTERM", "SIGINT", "SIGQUIT"]);
/** Programs handle these, and runtimes even provoke them (a null pointer is looked at, and the fault made an exception). */
const FAULTS = new Set(["SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"]);

export class Requests {
  private fault: { readonly name: string; readonly ts: number; readonly by: string } | undefined;

  constructor(private readonly lifetime: Lifetime) {}

  /** The main process got a signal. Returns who asks it to end by that, if it does. */
  signalled(name: string, sender: number, ts: number): string | undefined {
    const by = senderText(name, sender);
    if (REQUESTS.has(name)) return by;
    if (FAULTS.has(name)) this.fault = { name, ts, by };
    return undefined;
  }

  /** The main process died of a signal, or by itself (null): if that was a fault, its end began with that. */
  died(signal: string | null): void {
    if (this.fault && this.fault.name === signal) noteRequest(this.lifetime, this.fault.ts, this.fault.by);
  }

  /** Nothing came of a request for long: it was a signal that asks for something else, as to read the settings again. */
  withdraw(): void {
    const { lifetime } = this;
    if (lifetime.died !== null || !lifetime.asked_by?.startsWith("SIG")) return;
    lifetime.asked = null;
    lifetime.asked_by = null;
  }
}

/** Signal numbers, names and reasons. */
import { codes, signals } from "./generated/signals.ts";

const SIGRTMIN = 32;
const SIGRTMAX = 64;

/** SIGHUP … SIGSYS; SIGRTMIN for 32 and SIGRT_n after it, as the kernel counts; the number for anything else. */
export function signalName(n: number): string {
  if (n === SIGRTMIN) return "SIGRTMIN";
  if (n > SIGRTMIN && n <= SIGRTMAX) return `SIGRT_${n - SIGRTMIN}`;
  return signals[n] || String(n);
}

/** The same for numbers that are signals, undefined for others. */
export const knownSignal = (n: number): string | undefined =>
  n > 0 && n <= SIGRTMAX ? signalName(n) : undefined;

/** Number of a signal given as SIGTERM, TERM, term or 15. */
export function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) {
    const n = Number(name);
    return n >= 0 && n <= SIGRTMAX ? n : undefined;
  }
  const wanted = name.toUpperCase().replace(/^(SIG)?/, "SIG");
  for (let n = 1; n <= SIGRTMAX; n++) if (signalName(n) === wanted) return n;
  return aliases[wanted];
}

const aliases: Readonly<Record<string, number>> = { SIGIOT: 6, SIGPOLL: 29, SIGCLD: 17 };

/** si_code by name, which depends on the signal. */
export function siCodeName(signo: number, code: number): string | undefined {
  return codes.general[code] ?? codes[signalName(signo)]?.[code];
}

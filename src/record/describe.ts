/** Processes in words. */
import { wellFormed } from "../base/bytes.ts";
import { commandLine } from "../kernel/tasks.ts";

/** `SIGTERM from 4211 (bash)`; `sender` 0 is the kernel. */
export function senderText(signal: string, sender: number): string {
  if (sender <= 0) return signal;
  const argv = commandLine(sender);
  return `${signal} from ${sender}${argv?.[0] ? ` (${argv[0]})` : ""}`;
}

/** Arguments as one line, quoted where a shell would need it, control characters escaped. */
export function commandText(argv: readonly string[] | undefined): string {
  return (argv ?? [])
    .map((a) => {
      const safe = JSON.stringify(wellFormed(a)).slice(1, -1);
      return /^[\w@%+=:,./-]+$/.test(a) ? a : `'${safe.replaceAll('\\"', '"')}'`;
    })
    .join(" ")
    .slice(0, 4096);
}

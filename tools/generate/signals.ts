/** Signal names and si_code values. */
import { constants, macros } from "./gcc.ts";

const groups: Record<string, RegExp> = {
  general: /^SI_(USER|KERNEL|QUEUE|TIMER|MESGQ|ASYNCIO|SIGIO|TKILL|DETHREAD|ASYNCNL)$/,
  SIGILL: /^ILL_/,
  SIGFPE: /^FPE_/,
  SIGSEGV: /^SEGV_/,
  SIGBUS: /^BUS_/,
  SIGTRAP: /^TRAP_(?!PERF_FLAG)/,
  SIGCHLD: /^CLD_/,
  SIGIO: /^POLL_/,
  SIGSYS: /^SYS_/,
};

export function signalTables(): string {
  const signalNames = [...macros(["asm/signal.h"]).keys()].filter((n) => /^SIG[A-Z0-9]+$/.test(n));
  const values = constants(
    ["asm/signal.h"],
    signalNames.filter((n) => !/^SIG(RTMIN|RTMAX|STKSZ|EV|_)/.test(n)),
  );
  const byNumber: string[] = [];
  for (const [name, value] of values) {
    const n = Number(value);
    if (n > 0 && n < 32 && !["SIGIOT", "SIGPOLL", "SIGUNUSED", "SIGCLD", "SIGLOST"].includes(name))
      byNumber[n] = name;
  }
  const codes = [...macros(["asm/siginfo.h"]).keys()];
  let out = `export const signals: readonly string[] = ${JSON.stringify(Array.from(byNumber, (n) => n ?? ""))};\n`;
  out += "export const codes: Readonly<Record<string, Readonly<Record<number, string>>>> = {\n";
  for (const [signal, pattern] of Object.entries(groups)) {
    const wanted = codes.filter(
      (c) => pattern.test(c) && !/MAXERRNO|POLL_(IN|OUT|MSG|ERR|PRI|HUP)\b_/.test(c),
    );
    const found = [...constants(["asm/siginfo.h"], wanted)];
    const rows = found
      .map(([name, value]) => [BigInt.asIntN(32, value), name] as const)
      .sort((a, b) => Number(a[0] - b[0]))
      .map(([value, name]) => `"${value}": "${name}"`);
    out += `  ${signal}: { ${rows.join(", ")} },\n`;
  }
  return `${out}};\n`;
}

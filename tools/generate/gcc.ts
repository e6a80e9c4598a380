/** gcc as a reader of headers: macro values and debug information, without running what it compiles. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function gcc(
  args: readonly string[],
  input?: string,
): { ok: boolean; stdout: string; stderr: string } {
  const r = spawnSync("gcc", [...args], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (r.error)
    throw new Error(`gcc cannot be run (${r.error.message}); the generator needs gcc and linux-libc-dev`);
  return { ok: r.status === 0, stdout: r.stdout, stderr: r.stderr };
}

export function withTempDir<T>(use: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-gen-"));
  try {
    return use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export function includes(headers: readonly string[]): string {
  return headers.map((h) => `#include <${h}>\n`).join("");
}

/** Names of object-like macros defined by the headers, with their replacement text. */
export function macros(headers: readonly string[], defines: readonly string[] = []): Map<string, string> {
  const r = gcc(
    ["-dM", "-E", "-x", "c", ...defines.map((d) => `-D${d}`), "-"],
    `#define _GNU_SOURCE 1\n${includes(headers)}`,
  );
  if (!r.ok) throw new Error(`gcc cannot read <${headers.join(">, <")}>: ${r.stderr}`);
  const result = new Map<string, string>();
  for (const line of r.stdout.split("\n")) {
    const m = /^#define (\w+) (.+)$/.exec(line);
    if (m) result.set(m[1], m[2]);
  }
  return result;
}

/** Members of the enumeration in the headers that has this member, in order, without the `__` ones. */
export function enumerators(headers: readonly string[], member: string): string[] {
  const r = gcc(["-E", "-P", "-x", "c", "-"], includes(headers));
  if (!r.ok) throw new Error(`gcc cannot read <${headers.join(">, <")}>: ${r.stderr}`);
  for (const m of r.stdout.matchAll(/\benum\s*\w*\s*\{([^}]*)\}/g)) {
    const names = m[1].split(",").map((part) => /^\s*(\w+)/.exec(part)?.[1] ?? "");
    if (names.includes(member)) return names.filter((n) => n !== "" && !n.startsWith("__"));
  }
  throw new Error(`no enumeration of <${headers.join(">, <")}> has ${member}`);
}

/**
 * Values of constant expressions as unsigned 64-bit numbers (32-bit ones without sign extension), by compiling
 * them into an assembly listing. Names gcc does not know are left out.
 */
export function constants(headers: readonly string[], names: readonly string[]): Map<string, bigint> {
  let wanted = [...names];
  const prelude = `#define _GNU_SOURCE 1\n${includes(headers)}`;
  for (let round = 0; round < 50; round++) {
    const body = wanted
      .map(
        (n, i) =>
          `unsigned long long v${i}_ = sizeof(${n}) == 4 ? (unsigned long long)(unsigned int)(${n}) : (unsigned long long)(${n});\n`,
      )
      .join("");
    const r = gcc(["-S", "-O1", "-w", "-fmax-errors=0", "-x", "c", "-o", "-", "-"], prelude + body);
    if (r.ok) return parse(r.stdout, wanted);
    const bad = new Set<string>();
    for (const m of r.stderr.matchAll(/<stdin>:(\d+):\d+: error/g)) {
      const i = Number(m[1]) - prelude.split("\n").length;
      if (wanted[i]) bad.add(wanted[i]);
    }
    if (bad.size === 0) throw new Error(r.stderr.slice(0, 2000));
    wanted = wanted.filter((n) => !bad.has(n));
  }
  throw new Error("gcc keeps failing on generated constants");
}

function parse(assembly: string, names: readonly string[]): Map<string, bigint> {
  const result = new Map<string, bigint>();
  const label = /^v(\d+)_:\n\s+\.(quad|zero)\s+(-?\d+)/gm;
  for (const m of assembly.matchAll(label)) {
    result.set(names[Number(m[1])], m[2] === "zero" ? 0n : BigInt.asUintN(64, BigInt(m[3])));
  }
  return result;
}

/** A TypeScript literal: a number where it is exact, else a bigint. */
export function literal(value: bigint): string {
  return value <= 0x1fffffffffffffn ? String(value) : `${value}n`;
}

/**
 * The programs of daemontools as documented and as Debian's behave: every case holds for Debian's first, then for
 * ours. `UPDATE_CONFORMANCE=1` writes what Debian's print into the cases, for a person to read over.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { lacks, needs, notRoot } from "../helpers.ts";
import { makeLinks, programs, runCase } from "./shell.ts";
import { type Case, parse, print, type Step, show } from "./transcript.ts";

const absent = [lacks(...programs, "setpriv", "perl", "gcc"), notRoot()];
const casesDir = join(import.meta.dirname, "cases");
const home = mkdtempSync(join(tmpdir(), "svtrace-conformance-"));
chmodSync(home, 0o755);
afterAll(() => rmSync(home, { recursive: true, force: true }));
const links = absent.every((r) => r === "") ? makeLinks(home) : { C: "", ours: "" };

function noMounts(): string {
  const place = join(home, "mount");
  mkdirSync(place, { recursive: true });
  if (spawnSync("mount", ["-t", "tmpfs", "none", place]).status !== 0) return "mounts are not allowed";
  spawnSync("umount", [place]);
  return "";
}

/** A case with what was printed, or should have been, as one text: its differences are easy to read. */
const text = (c: Case, printed: (step: Step, i: number) => readonly string[]) =>
  c.steps.map((step, i) => [`$ ${step.command}`, ...printed(step, i)].join("\n")).join("\n");

for (const file of readdirSync(casesDir).filter(
  (f) => f.endsWith(".t") && (!process.env.ONLY || process.env.ONLY.split(",").includes(f.slice(0, -2))),
)) {
  const path = join(casesDir, file);
  const cases = parse(readFileSync(path, "utf8"));
  const program = file.slice(0, -2);
  if (process.env.UPDATE_CONFORMANCE === "1") {
    test(`${program}: written`, { timeout: 600_000 }, async () => {
      const blocks: string[] = [];
      for (const c of cases) {
        const original = await runCase(c.steps, links.C);
        const own = c.steps.some((s) => s.ours) ? await runCase(c.steps, links.ours) : original;
        blocks.push(print(c, original.outcomes, own.outcomes));
      }
      writeFileSync(path, blocks.join("\n"));
    });
    continue;
  }
  describe.concurrent(program, () => {
    for (const c of cases) {
      const [name, options] = needs(c.name, ...absent, c.notes.includes("Needs: mounts") ? noMounts() : "");
      test(name, { ...options, timeout: 150_000 }, async ({ expect }) => {
        const original = await runCase(c.steps, links.C);
        expect(
          text(c, (_, i) => show(original.outcomes[i])),
          "Debian's",
        ).toBe(text(c, (s) => s.expected));
        const own = await runCase(c.steps, links.ours);
        expect(
          text(c, (_, i) => show(own.outcomes[i])),
          "ours",
        ).toBe(text(c, (s) => (s.ours ?? s).expected));
        if (c.steps.every((s) => s.ours === undefined)) {
          expect(own.tree.join("\n"), "files made").toBe(original.tree.join("\n"));
        }
      });
    }
  });
}

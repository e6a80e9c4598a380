import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DISCARD, HEADER } from "../../kernel/ring.ts";
import { Backlog, BacklogRoom } from "./backlog.ts";

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), "svtrace-backlog-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Records as a ring holds them: number `n` is `length` bytes that begin with it. */
function records(from: number, to: number, length: (n: number) => number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let n = from; n < to; n++) {
    const part = new Uint8Array((length(n) + HEADER + 7) & ~7);
    const words = new Uint32Array(part.buffer);
    words[0] = length(n) | (n % 10 === 9 ? DISCARD : 0);
    words[HEADER / 4] = n;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const length = (n: number): number => 8 + ((n * 7919) % 3000);

function* taken(backlog: Backlog): Generator<number> {
  while (backlog.peek()) {
    const n = backlog.words[backlog.offset >>> 2];
    expect(backlog.length).toBe(length(n));
    backlog.skip();
    yield n;
  }
}

const kept = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((n) => n % 10 !== 9);

test("records come back in their order, whatever was read meanwhile, and leave nothing behind", () => {
  const dir = directory();
  const backlog = new Backlog(new BacklogRoom({ dir, limit: 2 ** 28 }));
  const seen: number[] = [];
  let to = 0;
  // 100 MB and more: several files and many chunks
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 10; i++, to += 1000) expect(backlog.add(records(to, to + 1000, length))).toBe(true);
    const some = 9000 * ((round % 2) + 0.5);
    for (const n of taken(backlog)) if (seen.push(n) % some === 0) break;
    expect(readdirSync(dir)).toEqual([]);
  }
  seen.push(...taken(backlog));
  expect(seen).toEqual(kept(0, to));
  expect(backlog.waiting).toBe(0);
  backlog.close();
});

test("no more is taken than there may be; what is there stays readable", () => {
  const backlog = new Backlog(new BacklogRoom({ dir: directory(), limit: 4_000_000 }));
  let to = 0;
  while (backlog.add(records(to, to + 100, length))) to += 100;
  expect(backlog.waiting).toBeLessThanOrEqual(4_000_000);
  const { room } = backlog;
  expect(backlog.waiting + room).toBe(4_000_000);
  expect(records(to, to + 100, length).length).toBeGreaterThan(room);
  expect([...taken(backlog)]).toEqual(kept(0, to));
  expect(backlog.add(records(to, to + 100, length))).toBe(true);
  expect([...taken(backlog)]).toEqual(kept(to, to + 100));
  backlog.close();
});

test("where nothing can be written nothing is taken", () => {
  const backlog = new Backlog(new BacklogRoom({ dir: "/proc", limit: 4_000_000 }));
  expect(backlog.add(records(0, 10, length))).toBe(false);
  expect(backlog.room).toBe(0);
  expect(backlog.peek()).toBe(false);
  backlog.close();
});

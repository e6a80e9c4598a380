import { expect, test } from "vitest";
import { Losses } from "./counts.ts";
import { WaitingRows } from "./waiting-rows.ts";

test("rows that cannot be written are bounded by their texts, too; the first are kept, the others counted", () => {
  const losses = new Losses();
  const rows = new WaitingRows<{ ts: number; text: string }>("events", losses, ({ ts }) => ts);
  for (let ts = 0; ts < 5000; ts++) rows.add({ ts, text: "x".repeat(4000) });
  expect(rows.count).toBe(4000);
  expect(losses.rows()).toEqual([{ ts: 4000, count: 1000, reason: "events not kept: too many" }]);
  const { bytes } = rows;
  expect(bytes).toBeGreaterThan(32e6);
  rows.giveBack(rows.take());
  expect(rows.bytes).toBe(bytes);
  rows.shed();
  expect(rows.bytes).toBe(bytes / 2);
  expect(losses.total).toBe(3000);
  expect(rows.take().at(-1)?.ts).toBe(1999);
  expect(rows.bytes).toBe(0);
});

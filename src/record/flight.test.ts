import { expect, test } from "vitest";
import { Task } from "../capture/event.ts";
import { infoOf } from "./call-info.ts";
import { Flight } from "./flight.ts";

const task = new Task(8, 7, 0);

function add(flight: Flight, at: number, waker = -1): void {
  const { call } = task;
  call.name = "getppid";
  call.nr = 110;
  call.entry = at * 1e9;
  call.exit = at * 1e9 + 5;
  call.args[0] = at;
  call.waker = waker;
  flight.add(task, infoOf(call), undefined);
}

test("the last calls come out in order, no more than its size, no older than its span", () => {
  const flight = new Flight(100e9, 200);
  for (let i = 1; i <= 1000; i++) add(flight, i, i);
  const all = [...flight.take(1000e9)].map(({ task: t, info }) => {
    expect([t.tid, t.pid, info.name.text, t.call.exit - t.call.entry]).toEqual([8, 7, "getppid", 5]);
    expect(t.call.waker).toBe(t.call.args[0]);
    return t.call.args[0];
  });
  expect(all.length).toBe(101);
  expect(all).toEqual(Array.from({ length: 101 }, (_, i) => 900 + i));
  expect([...flight.take(1000e9)]).toEqual([]);
  add(flight, 2000);
  expect([...flight.take(2000e9)].length).toBe(1);
});

test("it is as large as it has to be", () => {
  const flight = new Flight(1e18, 100_000);
  expect(flight.bytes).toBe(0);
  for (let i = 1; i <= 70; i++) add(flight, i);
  expect(flight.bytes).toBeLessThan(30_000);
  for (let i = 71; i <= 5000; i++) add(flight, i);
  expect([...flight.take(5000e9)].map((f) => f.task.call.args[0])).toEqual(
    Array.from({ length: 5000 }, (_, i) => i + 1),
  );
});

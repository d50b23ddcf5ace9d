import { expect, it } from "vitest";
import { DeliveryQueue } from "../src/delivery-queue.js";

const over = { value: undefined, done: true };
const item = (value: number) => ({ value, done: false });

it("hands out what arrived in the order of arrival", async () => {
  const queue = new DeliveryQueue<number>();
  for (const value of [1, 2, 3]) queue.push(value);
  expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([1, 2, 3].map(item));
});

it("serves whoever waits in the order of asking", async () => {
  const queue = new DeliveryQueue<number>();
  const asked = [queue.next(), queue.next()];
  queue.push(1);
  queue.push(2);
  expect(await Promise.all(asked)).toEqual([1, 2].map(item));
});

it("hands out what arrived before the end, then the error once, then only the end", async () => {
  const queue = new DeliveryQueue<number>();
  queue.push(1);
  queue.end(new Error("why"));
  expect(queue.isEnded).toBe(true);
  expect(await queue.next()).toEqual(item(1));
  await expect(queue.next()).rejects.toThrow("why");
  expect([await queue.next(), await queue.next()]).toEqual([over, over]);
});

it("tells one of those who wait of the error, and all of them of the end", async () => {
  const queue = new DeliveryQueue<number>();
  const asked = [queue.next(), queue.next()];
  queue.end(new Error("why"));
  const [first, second] = await Promise.allSettled(asked);
  expect(first).toMatchObject({ status: "rejected", reason: { message: "why" } });
  expect(second).toEqual({ status: "fulfilled", value: over });
});

it.each([
  [undefined, new Error("late")],
  [new Error("early"), new Error("late")],
])("keeps its first end: %s, then %s", async (early, late) => {
  const queue = new DeliveryQueue<number>();
  queue.end(early);
  queue.end(late);
  if (early === undefined) expect(await queue.next()).toEqual(over);
  else await expect(queue.next()).rejects.toBe(early);
  expect(await queue.next()).toEqual(over);
});

it("gives up what was not handed out, once", async () => {
  const queue = new DeliveryQueue<number>();
  for (const value of [1, 2, 3]) queue.push(value);
  await queue.next();
  expect([queue.drain(), queue.drain()]).toEqual([[2, 3], []]);
  queue.end();
  expect(await queue.next()).toEqual(over);
});

it("gives out of it only what is meant, and keeps the rest in order", async () => {
  const queue = new DeliveryQueue<number>();
  for (const value of [1, 2, 3, 4]) queue.push(value);
  expect(queue.drainOf((value) => value % 2 === 0)).toEqual([2, 4]);
  expect([await queue.next(), await queue.next(), queue.isEmpty]).toEqual([item(1), item(3), true]);
});

// Deliveries as columns, read back as what PopStream would have said.
import { ColumnWriter, decodeSessionOut, encodeSessionOut } from "@disheap/proto/session";
import { inspect } from "node:util";
import { expect, it, vi } from "vitest";
import { Message } from "../../src/message.js";
import { itemsOf } from "../../src/session/deliveries.js";

const big = { group: 0xabcdef, index: 2 ** 42 - 5, offset: 16_001, fence: 0x0100_0002 };
const small = { group: 1, index: 7, offset: 0, fence: 3 };
const macs = Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7));
const stampMs = 1_700_000_000_123;

function kept() {
  const [index, offset, fence, priority] = [0, 1, 2, 3].map(() => new ColumnWriter());
  const [attempts, maxRetries, enqueuedMs, deadlineMs] = [0, 1, 2, 3].map(() => new ColumnWriter());
  const [leaseLeftMs, length, payload] = [0, 1, 2].map(() => new ColumnWriter());
  for (const [row, one] of [big, small].entries()) {
    index?.u64(one.index);
    offset?.u32(one.offset);
    fence?.u32(one.fence);
    priority?.pair(row === 0 ? -2 : 1, 5);
    attempts?.u32(row + 1);
    maxRetries?.u32(9);
    enqueuedMs?.u64(stampMs);
    deadlineMs?.u64(stampMs + 1_000);
    leaseLeftMs?.u32(900);
    length?.u32(row + 2);
    payload?.raw(Buffer.from(row === 0 ? "ab" : "cde"));
  }
  const columns = { index, offset, fence, priority, attempts, maxRetries, enqueuedMs, deadlineMs };
  const views = Object.entries({ ...columns, leaseLeftMs, length, payload }).map(
    ([name, column]) => [name, column?.view()] as const,
  );
  const run = [big, small].map(({ group }, firstRow) => ({
    firstRow,
    partition: firstRow + 4,
    group,
  }));
  const producer = [{ firstRow: 1, count: 1, producerId: "p", epoch: { hi: 1, lo: 2 } }];
  const sequences = new ColumnWriter();
  for (const sequence of [0, 0xffff_ffff]) sequences.u64(sequence);
  const sequence = sequences.view();
  const rows = { consumer: 1, firstDelivery: 1, run, mac: macs, producer, sequence };
  const frame = encodeSessionOut({ delivered: [{ ...rows, ...Object.fromEntries(views) }] });
  const items = decodeSessionOut(frame).delivered.flatMap((one) => itemsOf(one, "jobs"));
  return { frame, items };
}

const batch = () => kept().items;

it("each row has its run, its payload, its priority with its sign and its producer", () => {
  const [a, b] = batch();
  expect(a).toMatchObject({
    topic: "jobs",
    partitionId: 4,
    priority: (-2n << 32n) + 5n,
    attempts: 1,
  });
  expect(b).toMatchObject({
    partitionId: 5,
    priority: (1n << 32n) + 5n,
    attempts: 2,
    maxRetries: 9,
  });
  expect([a, b].map((item) => `${Buffer.from(item?.payload ?? [])}`)).toEqual(["ab", "cde"]);
  expect(a?.enqueuedTime?.getTime()).toBe(stampMs);
  expect(a?.leaseDeadline?.getTime()).toBe(stampMs + 1_000);
  expect(a?.producerId).toBeUndefined();
  expect(b).toMatchObject({ producerId: "p", epoch: (1n << 32n) + 2n, sequence: 0xffff_ffffn });
});

it("a token is the fence, and group, index, offset and MAC in 26 bytes", () => {
  for (const [row, item] of batch().entries()) {
    const { group, index, offset, fence } = row === 0 ? big : small;
    expect(Number.parseInt(item.leaseToken.slice(0, 8), 16)).toBe(fence);
    const body = Buffer.from(item.leaseToken.slice(8), "base64url");
    const place = (BigInt(group) << 56n) | (BigInt(index) << 14n) | BigInt(offset);
    expect(BigInt(`0x${body.subarray(0, 10).toString("hex")}`)).toBe(place);
    expect(body.subarray(10).equals(macs.subarray(row * 16, row * 16 + 16))).toBe(true);
  }
});

it("a row that is kept needs no frame", () => {
  const { frame, items } = kept();
  const before = items.map(({ leaseToken, messageId, payload }) => [
    leaseToken,
    messageId,
    `${payload}`,
  ]);
  frame.fill(0);
  const after = items.map(({ leaseToken, messageId, payload }) => [
    leaseToken,
    messageId,
    `${payload}`,
  ]);
  expect(after).toEqual(before);
});

it("a message shows what it says when it is printed", () => {
  const [item] = batch();
  if (item === undefined) throw new Error("no row");
  const nobody = {
    ack: vi.fn(),
    nack: vi.fn(),
    extend: vi.fn(),
    extended: vi.fn(),
    released: vi.fn(),
    unsettled: vi.fn(),
  };
  const message = new Message(item, nobody);
  for (const text of [
    message.id,
    message.leaseToken,
    "partition: 4",
    `priority: ${message.priority}n`,
  ]) {
    expect(inspect(message)).toContain(text);
  }
  expect(message.fencing).toBe(big.fence);
});

import { expect, it } from "vitest";
import { blockOf, numberOfBlock } from "../../src/limit/block.js";
import { Commits } from "../../src/limit/commits.js";
import { laneOver } from "../../src/limit/limit-subject.js";
import { unwrap, wrap } from "../../src/limit/pipe.js";
import { eachRecord, Outbox, payloadOfRecord, Said } from "../../src/limit/records.js";

const nextRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("a frame is protobuf with one field of bytes", () => {
  expect([...wrap(Buffer.from("ab"))]).toEqual([0x0a, 2, 0x61, 0x62]);
  expect([...wrap(Buffer.alloc(300)).subarray(0, 3)]).toEqual([0x0a, 0xac, 0x02]);
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 3_000_000]) {
    const frame = Buffer.alloc(length, length % 251);
    expect(unwrap(wrap(frame)).equals(frame), `${length} bytes`).toBe(true);
  }
  expect(() => unwrap(Buffer.from([0x0a, 5, 1]))).toThrow("no frame");
  expect(() => unwrap(Buffer.from([0x12, 1, 1]))).toThrow("no frame");
});

it("what is said in one round of the event loop is one frame", async () => {
  const frames: Buffer[] = [];
  const outbox = new Outbox((frame) => frames.push(frame));
  outbox.say(Said.enqueue, 7, Buffer.from("payload"));
  outbox.say(Said.ack, 2 ** 32 - 1);
  expect(frames).toHaveLength(0);
  await nextRound();
  outbox.say(Said.credits, 3);
  await nextRound();
  expect(outbox.frames).toBe(2);
  const read = frames.map((frame) => {
    const records: unknown[] = [];
    eachRecord(frame, (record) => {
      const { kind, number } = record;
      records.push([kind, number, payloadOfRecord(frame, record).toString()]);
    });
    return records;
  });
  expect(read).toEqual([
    [
      [Said.enqueue, 7, "payload"],
      [Said.ack, 2 ** 32 - 1, ""],
    ],
    [[Said.credits, 3, ""]],
  ]);
});

it("a block carries its number before its records", () => {
  const block = blockOf(2 ** 40 + 1, [Buffer.from("one"), Buffer.from("two")]);
  expect(numberOfBlock(block)).toBe(2 ** 40 + 1);
  expect(block.subarray(16).toString()).toBe("onetwo");
  expect(block.readUInt32BE(8)).toBe(block.length);
});

it("a block is committed once two of three have synced it, in order", () => {
  const commits = new Commits(3);
  const done: number[] = [];
  for (const block of [1, 2, 3]) commits.wait(block, [() => done.push(block)]);
  commits.synced(0, 2);
  expect(done).toEqual([]);
  commits.synced(2, 1);
  expect(done).toEqual([1]);
  commits.synced(1, 3);
  expect(done).toEqual([1, 2]);
  commits.synced(2, 3);
  expect(done).toEqual([1, 2, 3]);
});

it("a lane acknowledges what it gets and gives the credit back", async () => {
  const said: string[] = [];
  const wired = () => {
    const listeners: ((frame: Buffer) => void)[] = [];
    const frames: Buffer[] = [];
    return {
      frames,
      come: (frame: Buffer) => listeners.forEach((listener) => listener(frame)),
      write: (frame: Buffer) => frames.push(frame),
      on: (_event: "data", listener: (frame: Buffer) => void) => listeners.push(listener),
    };
  };
  const [producer, consumer] = [wired(), wired()];
  const events = {
    enqueued: (number: number) => said.push(`enqueued ${number}`),
    delivered: (number: number) => said.push(`delivered ${number}`),
    settled: (number: number) => said.push(`settled ${number}`),
    failed: () => said.push("failed"),
  };
  const lane = laneOver(producer, consumer, { events, window: 1000 });
  lane.enqueue(5);
  await nextRound();
  expect(consumer.frames[0]?.readUInt32LE(1)).toBe(1000);
  expect(producer.frames[0]).toHaveLength(7 + 256);
  const answers = new Outbox((frame) => producer.come(frame));
  const deliveries = new Outbox((frame) => consumer.come(frame));
  answers.say(Said.enqueued, 5);
  deliveries.say(Said.delivered, 5, Buffer.from("p"));
  deliveries.say(Said.acked, 4);
  await nextRound();
  await nextRound();
  expect(said).toEqual(["enqueued 5", "delivered 5", "settled 4"]);
  const back: number[][] = [];
  eachRecord(consumer.frames.at(-1) ?? Buffer.alloc(0), ({ kind, number }) =>
    back.push([kind, number]),
  );
  expect(back).toEqual([
    [Said.ack, 5],
    [Said.credits, 1],
  ]);
});

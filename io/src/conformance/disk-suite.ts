// What every DiskPort promises (the comments of ports.ts, as tests). Run on the simulated and on the
// real adapter; a test that only one of them could pass does not belong here.

import { strict as assert } from "node:assert";
import type { DiskEntry, DiskEvent, DiskOp } from "../ports.js";
import { LAST_KEY, leftKey, rightKey, valueOf } from "./disk-writes.js";
import type { DeclareTest, DiskProcess, DiskRig, WriterPlan } from "./harness.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const put = (key: Uint8Array, value: Uint8Array): DiskOp => ({ type: "put", key, value });
const del = (key: Uint8Array): DiskOp => ({ type: "del", key });
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
/** The least key above this one. */
const after = (key: Uint8Array): Uint8Array => bytes(...key, 0);
const FIRST = bytes();
const BEYOND = bytes(0xff, 0xff, 0xff);

const OPEN_TOKEN = 1_000_000;

async function opened(rig: DiskRig): Promise<DiskProcess> {
  const process = rig.start();
  process.port.open(OPEN_TOKEN);
  const event = await process.completion(OPEN_TOKEN);
  assert.equal(event.kind, "disk.opened", event.kind === "disk.failed" ? event.message : "");
  return process;
}

async function write(process: DiskProcess, token: number, ops: DiskOp[], sync = true) {
  process.port.write(token, ops, sync);
  assert.deepEqual(await process.completion(token), { kind: "disk.written", token });
}

async function read(process: DiskProcess, token: number, key: Uint8Array) {
  const { entries } = await scan(process, token, [key, after(key)], 1);
  return entries.length === 0 ? undefined : hex(entries[0].value);
}

async function scan(
  process: DiskProcess,
  token: number,
  [from, to]: [Uint8Array, Uint8Array],
  bytesMax: number,
) {
  process.port.scan(token, from, to, bytesMax);
  const event = await process.completion(token);
  assert.equal(event.kind, "disk.scanned");
  if (event.kind !== "disk.scanned") throw new Error("unreachable");
  return event;
}

const keysOf = (entries: readonly DiskEntry[]): string[] => entries.map(({ key }) => hex(key));

function orderTests(test: DeclareTest, withRig: WithRig): void {
  test(
    "writes complete in the order of submission, synced or not",
    withRig(async (rig) => {
      const process = await opened(rig);
      const tokens = Array.from({ length: 60 }, (_, i) => i + 1);
      for (const token of tokens) {
        const value = new Uint8Array(token % 7 === 0 ? 20_000 : 10).fill(token);
        process.port.write(token, [put(bytes(1), value)], token % 3 === 0);
      }
      await process.completion(60);
      const written = process.events.filter((event) => event.kind === "disk.written");
      assert.deepEqual(
        written.map((event) => event.token),
        tokens,
      );
      assert.equal(await read(process, 100, bytes(1)), hex(new Uint8Array(10).fill(60)));
    }),
  );

  test(
    "operations of a batch take effect in their order",
    withRig(async (rig) => {
      const process = await opened(rig);
      await write(process, 1, [put(bytes(1), bytes(1)), del(bytes(1)), put(bytes(1), bytes(2))]);
      await write(process, 2, [put(bytes(2), bytes(1)), del(bytes(2)), del(bytes(9))]);
      assert.equal(await read(process, 3, bytes(1)), "02");
      assert.equal(await read(process, 4, bytes(2)), undefined);
    }),
  );

  test(
    "an empty batch completes in its turn",
    withRig(async (rig) => {
      const process = await opened(rig);
      process.port.write(1, [put(bytes(1), bytes(1))], false);
      process.port.write(2, [], true);
      process.port.write(3, [put(bytes(2), bytes(2))], true);
      await process.completion(3);
      assert.deepEqual(
        process.events.map((event) => event.token),
        [OPEN_TOKEN, 1, 2, 3],
      );
      assert.deepEqual(keysOf((await scan(process, 4, [FIRST, BEYOND], 1_000)).entries), [
        "01",
        "02",
      ]);
    }),
  );

  test(
    "nothing is answered from inside a call",
    withRig(async (rig) => {
      const process = rig.start();
      process.port.open(1);
      assert.equal(process.events.length, 0);
      await process.completion(1);
      process.port.write(2, [put(bytes(1), bytes(1))], true);
      process.port.scan(3, FIRST, BEYOND, 100);
      assert.equal(process.events.length, 1);
      await Promise.all([2, 3].map((token) => process.completion(token)));
    }),
  );
}

function readTests(test: DeclareTest, withRig: WithRig): void {
  test(
    "a missing key reads as undefined, an empty value as empty",
    withRig(async (rig) => {
      const process = await opened(rig);
      assert.equal(await read(process, 1, bytes(5)), undefined);
      await write(process, 2, [put(bytes(5), bytes())]);
      assert.equal(await read(process, 3, bytes(5)), "");
      assert.equal(await read(process, 4, bytes(5, 0)), undefined);
    }),
  );

  test(
    "what is read is plain bytes of the reader's own",
    withRig(async (rig) => {
      const process = await opened(rig);
      await write(process, 1, [put(bytes(1), bytes(5, 6))]);
      const { entries } = await scan(process, 2, [FIRST, BEYOND], 100);
      for (const value of [entries[0].key, entries[0].value]) {
        assert.equal(Object.getPrototypeOf(value), Uint8Array.prototype);
        value.fill(99);
      }
      assert.equal(await read(process, 3, bytes(1)), "0506");
    }),
  );

  test(
    "a scan returns its range, ends included below and excluded above, in byte order",
    withRig(async (rig) => {
      const process = await opened(rig);
      const keys = [bytes(0xfe), bytes(0x7f), bytes(0x80), bytes(0), bytes(0x7f, 0), bytes(1)];
      await write(
        process,
        1,
        keys.map((key) => put(key, key)),
      );
      const all = await scan(process, 2, [FIRST, BEYOND], 1_000);
      assert.deepEqual(keysOf(all.entries), ["00", "01", "7f", "7f00", "80", "fe"]);
      assert.deepEqual(
        all.entries.map(({ value }) => hex(value)),
        keysOf(all.entries),
      );
      assert.equal(all.done, true);
      const some = await scan(process, 3, [bytes(1), bytes(0x80)], 1_000);
      assert.deepEqual(keysOf(some.entries), ["01", "7f", "7f00"]);
      const none = await scan(process, 4, [bytes(2), bytes(3)], 1_000);
      assert.deepEqual([none.entries.length, none.done], [0, true]);
    }),
  );

  test(
    "a scan comes in chunks of about the bytes asked for, and says when nothing is left",
    withRig(async (rig) => {
      const process = await opened(rig);
      const count = 700;
      const ops = Array.from({ length: count }, (_, i) =>
        put(bytes(7, i >> 8, i & 255), new Uint8Array(10 + (i % 5))),
      );
      await write(process, 1, ops);
      let token = 10;
      for (const bytesMax of [0, 1, 100, 4_000, 1_000_000]) {
        const found: string[] = [];
        let from: Uint8Array = bytes(7);
        for (let done = false; !done && found.length <= count;) {
          token += 1;
          const chunk = await scan(process, token, [from, bytes(8)], bytesMax);
          const size = chunk.entries.reduce((sum, { value }) => sum + value.length, 0);
          assert.ok(chunk.entries.length >= 1, "at least one entry");
          assert.ok(size <= bytesMax + 14, `${size} bytes for ${bytesMax}`);
          found.push(...keysOf(chunk.entries));
          done = chunk.done;
          const last = chunk.entries.at(-1);
          if (last !== undefined) from = Uint8Array.from([...last.key, 0]);
          if (bytesMax < 4_000 && found.length > 40) break;
        }
        assert.deepEqual(
          found,
          ops.slice(0, found.length).map(({ key }) => hex(key)),
        );
        if (bytesMax >= 4_000) assert.equal(found.length, count);
      }
      const exact = await scan(process, 9_999_999, [bytes(7, 0, 0), bytes(7, 0, 2)], 21);
      assert.deepEqual([exact.entries.length, exact.done], [2, true]);
    }),
  );

  test(
    "random batches read back like a map",
    withRig(async (rig) => {
      const process = await opened(rig);
      const model = new Map<string, string>();
      let state = 12_345;
      const random = (bound: number): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
        return (state >>> 8) % bound;
      };
      for (let n = 1; n <= 40; n += 1) {
        const ops = Array.from({ length: 1 + random(8) }, () => {
          const key = bytes(random(4), random(4));
          return random(3) === 0 ? del(key) : put(key, bytes(n, random(256)));
        });
        for (const op of ops) {
          if (op.type === "put") model.set(hex(op.key), hex(op.value));
          else model.delete(hex(op.key));
        }
        await write(process, n, ops, random(2) === 0);
      }
      const { entries } = await scan(process, 100, [FIRST, BEYOND], 1_000_000);
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(
        entries.map(({ key, value }) => [hex(key), hex(value)]),
        expected,
      );
    }),
  );
}

function lifeTests(test: DeclareTest, withRig: WithRig): void {
  test(
    "an empty directory opens without an identity; what was written is there the next time",
    withRig(async (rig) => {
      const first = rig.start();
      first.port.open(1);
      const empty = await first.completion(1);
      assert.equal(empty.kind, "disk.opened");
      const { storeId } = empty;
      assert.deepEqual(empty, { kind: "disk.opened", token: 1, storeId, identity: undefined });
      assert.notEqual(storeId, "");
      assert.deepEqual((await scan(first, 2, [FIRST, BEYOND], 1_000)).entries, []);
      await write(first, 3, [put(bytes(1), bytes(10)), put(bytes(2), bytes(20))]);
      await write(first, 4, [put(bytes(3), bytes(30)), del(bytes(2))], false);
      await rig.stop(first);
      const second = rig.start();
      second.port.open(5);
      const again = await second.completion(5);
      assert.deepEqual(again, { kind: "disk.opened", token: 5, storeId, identity: undefined });
      const { entries } = await scan(second, 6, [FIRST, BEYOND], 1_000);
      assert.deepEqual(keysOf(entries), ["01", "03"]);
    }),
  );

  test(
    "the identity record is replaced as a whole, and is there the next time",
    withRig(async (rig) => {
      const first = await opened(rig);
      const records = [bytes(1, 2, 3), bytes(255, 0)];
      for (const [token, record] of records.entries()) {
        first.port.identify(token, record);
        assert.deepEqual(await first.completion(token), { kind: "disk.identified", token });
      }
      await write(first, 3, [put(bytes(1), bytes(10))]);
      await rig.stop(first);
      const second = rig.start();
      second.port.open(5);
      const event = await second.completion(5);
      assert.equal(event.kind, "disk.opened");
      assert.deepEqual(event.identity, bytes(255, 0));
    }),
  );

  test(
    "a second opener is refused with a sentence and harms nobody",
    withRig(async (rig) => {
      const first = await opened(rig);
      await write(first, 1, [put(bytes(1), bytes(1))]);
      const second = rig.start();
      second.port.open(2);
      const event = await second.completion(2);
      assert.equal(event.kind, "disk.failed");
      assert.match(event.kind === "disk.failed" ? event.message : "", /^The .*\balready\b.*\.$/);
      second.port.close();
      await write(first, 3, [put(bytes(2), bytes(2))]);
      await rig.stop(first);
      const third = await opened(rig);
      assert.equal(await read(third, 4, bytes(2)), "02");
    }),
  );

  test(
    "operations before the store is open fail with a sentence",
    withRig(async (rig) => {
      const process = rig.start();
      process.port.write(1, [put(bytes(1), bytes(1))], true);
      process.port.scan(2, FIRST, BEYOND, 100);
      for (const token of [1, 2]) {
        const event = await process.completion(token);
        assert.equal(event.kind === "disk.failed" && /open/.test(event.message), true);
      }
    }),
  );

  test(
    "after close nothing is pushed, whatever was in flight or comes later",
    withRig(async (rig) => {
      const process = await opened(rig);
      process.port.write(1, [put(bytes(1), new Uint8Array(100_000))], true);
      process.port.scan(2, FIRST, BEYOND, 100);
      const stopped = rig.stop(process);
      process.port.write(3, [put(bytes(2), bytes(2))], true);
      process.port.scan(4, FIRST, BEYOND, 100);
      await stopped;
      await rig.settle();
      assert.deepEqual(
        process.events.map((event) => event.token),
        [OPEN_TOKEN],
      );
      const next = await opened(rig);
      assert.equal(await read(next, 6, bytes(2)), undefined);
    }),
  );
}

/** What a crash may leave of `writerBatch(1..n)`; returns how many batches are there. */
async function survivors(process: DiskProcess): Promise<number> {
  const { entries, done } = await scan(process, 1, [FIRST, BEYOND], 100_000_000);
  assert.equal(done, true);
  const found = new Map(entries.map(({ key, value }) => [hex(key), hex(value)]));
  let count = 0;
  while (found.has(hex(leftKey(count + 1)))) count += 1;
  for (let n = 1; n <= count; n += 1) {
    assert.equal(found.get(hex(leftKey(n))), hex(valueOf(n)));
    assert.equal(found.get(hex(rightKey(n))), hex(valueOf(n)));
  }
  assert.equal(found.get(hex(LAST_KEY)), count === 0 ? undefined : hex(valueOf(count)));
  // A survivor behind a lost batch, or half of one, would be among the entries and not counted.
  assert.equal(found.size, count === 0 ? 0 : 2 * count + 1);
  return count;
}

function crashTests(test: DeclareTest, withRig: WithRig): void {
  const plans: WriterPlan[] = [
    { batches: 100_000, syncEvery: 1, window: 1, killAfter: 25 },
    { batches: 100_000, syncEvery: 1, window: 8, killAfter: 40 },
    { batches: 100_000, syncEvery: 4, window: 16, killAfter: 120 },
    { batches: 100_000, syncEvery: 50, window: 32, killAfter: 60 },
  ];
  for (const plan of plans) {
    test(
      `a writer killed in mid-write (every ${plan.syncEvery}. of ${plan.window} in flight synced):` +
        " what was synced and seen is there, and the survivors are a prefix of whole batches",
      withRig(async (rig) => {
        const seen = await rig.writeUntilKilled(plan);
        assert.ok(seen.length >= plan.killAfter);
        assert.deepEqual(
          seen,
          seen.map((_, i) => i + 1),
        );
        const process = rig.start();
        process.port.open(OPEN_TOKEN);
        const event: DiskEvent = await process.completion(OPEN_TOKEN);
        assert.equal(event.kind, "disk.opened");
        const count = await survivors(process);
        const promised = seen.length - (seen.length % plan.syncEvery);
        assert.ok(count >= promised, `${count} survived, ${promised} were promised`);
        assert.ok(
          count <= seen.length + plan.window,
          `${count} survived, ${seen.length} were seen`,
        );
      }),
    );
  }
}

type WithRig = (run: (rig: DiskRig) => Promise<void>) => () => Promise<void>;

/** Declares the suite. `makeRig` makes a fresh, empty world for each test. */
export function diskSuite(test: DeclareTest, makeRig: () => Promise<DiskRig>): void {
  const withRig: WithRig = (run) => async () => {
    const rig = await makeRig();
    try {
      await run(rig);
    } finally {
      await rig.dispose();
    }
  };
  lifeTests(test, withRig);
  orderTests(test, withRig);
  readTests(test, withRig);
  crashTests(test, withRig);
}

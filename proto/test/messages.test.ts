// What the generated code must keep: the whole int64 range, and the difference between an absent
// optional field and one that holds its zero value.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DisheapService,
  EnqueueReq,
  HeapStats,
  Mode,
  PopItem,
  PopOpen,
  StatsReq,
  StatsResp,
  UpdateHeapConfigReq,
} from "../src/index.js";

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const uint64Max = 2n ** 64n - 1n;

function roundTrip(request: EnqueueReq): EnqueueReq {
  return EnqueueReq.decode(EnqueueReq.encode(request).finish());
}

describe("int64", () => {
  it.each([int64.min, int64.min + 1n, -(2n ** 53n) - 1n, -1n, 0n, 2n ** 53n + 1n, int64.max])(
    "priority %s survives the wire",
    (priority) => {
      expect(roundTrip(EnqueueReq.create({ topic: "t", priority })).priority).toBe(priority);
    },
  );

  it("any priority survives the wire", () => {
    fc.assert(
      fc.property(fc.bigInt(int64), (priority) => {
        const item = PopItem.decode(PopItem.encode(PopItem.create({ priority })).finish());
        expect(item.priority).toBe(priority);
      }),
    );
  });

  it("uint64 reaches its end", () => {
    const back = roundTrip(EnqueueReq.create({ epoch: uint64Max, sequence: 0n }));
    expect([back.epoch, back.sequence]).toEqual([uint64Max, 0n]);
  });

  it("refuses what does not fit", () => {
    const encode = () => EnqueueReq.encode(EnqueueReq.create({ priority: int64.max + 1n }));
    expect(encode).toThrow();
  });
});

describe("presence", () => {
  it("absent optional fields stay absent", () => {
    const back = roundTrip(EnqueueReq.create({ topic: "t" }));
    expect(back.maxRetries).toBeUndefined();
    expect(back.partitionKey).toBeUndefined();
    expect(back.producerId).toBeUndefined();
    expect(back.epoch).toBeUndefined();
    expect(back.sequence).toBeUndefined();
    expect(back.notBefore).toBeUndefined();
    expect(StatsReq.decode(new Uint8Array()).partitionId).toBeUndefined();
  });

  it("present zero values stay present", () => {
    const zero = { partitionKey: "", producerId: "", epoch: 0n, sequence: 0n, maxRetries: 0 };
    const back = roundTrip(EnqueueReq.create({ ...zero, notBefore: { seconds: 0n, nanos: 0 } }));
    expect(back).toMatchObject(zero);
    expect(back.notBefore).toEqual({ seconds: 0n, nanos: 0 });
    const stats = StatsReq.decode(StatsReq.encode({ topic: "", partitionId: 0 }).finish());
    expect(stats).toEqual({ topic: "", partitionId: 0 });
  });

  it("an update names exactly the fields it changes", () => {
    const sent = UpdateHeapConfigReq.create({ topic: "t", compressionEnabled: false });
    const back = UpdateHeapConfigReq.decode(UpdateHeapConfigReq.encode(sent).finish());
    expect(back.compressionEnabled).toBe(false);
    expect(back.maxRetriesDefault).toBeUndefined();
    expect(back.dlqPolicy).toBeUndefined();
  });

  it("a PopOpen is either credits or a filter", () => {
    const credits = PopOpen.create({ kind: { $case: "flowControl", value: { credits: 0 } } });
    expect(PopOpen.decode(PopOpen.encode(credits).finish())).toEqual(credits);
    expect(PopOpen.decode(new Uint8Array()).kind).toBeUndefined();
  });
});

describe("maps", () => {
  it("hold any topic name, also those an object treats specially", () => {
    const topicStats = new Map([["__proto__", HeapStats.create({ totalAcks: 7n })]]);
    const bytes = StatsResp.encode(StatsResp.create({ topicStats })).finish();
    expect(StatsResp.decode(bytes).topicStats.get("__proto__")?.totalAcks).toBe(7n);
  });
});

describe("names", () => {
  it("keeps the path of every method", () => {
    const names = Object.values(DisheapService).map((method) => method.path.split("/").slice(1));
    expect(names.every(([service]) => service === "disheap.v1.Disheap")).toBe(true);
    expect(names.map(([, method]) => method)).toEqual(
      (
        "MakeHeap DeleteHeap UpdateHeapConfig ListHeaps Stats Purge MoveToDLQ Enqueue " +
        "EnqueueBatch PopStream Ack Nack Extend Peek"
      ).split(" "),
    );
  });

  it("keeps the numbers of the modes", () => {
    expect([Mode.MIN, Mode.MAX]).toEqual([0, 1]);
  });
});

import { describe, test } from "vitest";
import type { DeliveredItem } from "@disheap/core";
import { carrierSuite, type CarrierRig } from "@disheap/io/conformance";
import { StreamPipe } from "../../src/workload/stream-pipe.js";
import { Loop } from "../world/loop.js";

function rig(): CarrierRig {
  const loop = new Loop();
  const taken: number[] = [];
  const told: string[] = [];
  let handed = 0;
  const pipe = new StreamPipe(1, {
    nowUs: loop.now,
    schedule: loop.schedule,
    pausedUntilUs: () => 0,
    latencyUs: 50,
    tell: (event) => {
      const count = "count" in event ? ` ${event.count}` : "";
      told.push(`${event.kind.replace("stream.", "")}${count}`);
    },
    onWritten: (item) => taken.push(Number(item.messageId)),
    onBlocked: () => undefined,
    onReturned: () => undefined,
    onArrived: () => undefined,
    onEnded: () => undefined,
  });
  return {
    hand: (leaseLeftMs) => {
      const messageId = String(handed);
      handed += 1;
      pipe.handOver({ messageId } as DeliveredItem, leaseLeftMs);
    },
    block: (room) => pipe.stopReading(room),
    drain: () => pipe.readAgain(),
    recall: () => pipe.recall(),
    end: () => pipe.end(),
    cancel: () => pipe.cancel(),
    pass: (ms) => loop.runFor(ms * 1000),
    settle: () => {
      loop.runFor(1000);
      return Promise.resolve();
    },
    taken,
    told,
  };
}

describe("the simulator's carrier", () => {
  carrierSuite(test, rig);
});

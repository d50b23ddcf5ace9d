import { describe, expect, test } from "vitest";
import type { DeliveredItem } from "@disheap/core";
import {
  carrierSuite,
  type CarrierRig,
  readParts,
  sessionSuite,
  type SessionRig,
  testPart,
  testWords,
} from "@disheap/io/conformance";
import { FramePipe } from "../../src/workload/session/frame-pipe.js";
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

function sessionRig(): SessionRig {
  const loop = new Loop();
  const frames: Uint8Array[] = [];
  const told: string[] = [];
  let [handed, words] = [0, 0];
  const pipe = new FramePipe<Uint8Array>(1, {
    nowUs: loop.now,
    schedule: loop.schedule,
    pausedUntilUs: () => 0,
    latencyUs: 50,
    tell: (event) => {
      if (event.kind === "session.written") words += event.words;
      const count = "batches" in event ? ` ${event.batches}` : "";
      if (count !== " 0") told.push(`${event.kind.replace("session.", "")}${count}`);
    },
    onWritten: (frame) => {
      frames.push(frame);
      return frame;
    },
    onBlocked: () => undefined,
    onReturned: () => undefined,
    onArrived: () => undefined,
    onEnded: () => undefined,
  });
  return {
    hand: (leaseLeftMs) => {
      pipe.handOver([testPart(handed, leaseLeftMs)]);
      handed += 1;
    },
    say: () => pipe.handOver([testWords()]),
    report: () => pipe.report(),
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
    get taken() {
      return this.parts.flatMap(({ item }) => item ?? []);
    },
    get parts() {
      return frames.flatMap(readParts);
    },
    frames: () => frames.length,
    words: () => words,
    told,
  };
}

describe("the simulator's carrier", () => {
  carrierSuite(test, rig);
});

describe("the simulator's carrier of a session", () => {
  carrierSuite(test, sessionRig);
  sessionSuite(test, sessionRig);

  test("nothing is written while the node's process is paused, and late is late after it", () => {
    const loop = new Loop();
    const frames: Uint8Array[] = [];
    const ends: number[] = [];
    const pipe = new FramePipe<Uint8Array>(1, {
      nowUs: loop.now,
      schedule: loop.schedule,
      pausedUntilUs: () => 200_000,
      latencyUs: 50,
      tell: () => undefined,
      onWritten: (frame) => {
        frames.push(frame);
        return frame;
      },
      onBlocked: () => undefined,
      onReturned: () => undefined,
      onArrived: () => undefined,
      onEnded: () => ends.push(loop.nowUs),
    });
    pipe.handOver([testPart(0, 300), testPart(1, 100)]);
    pipe.handOver([testWords()]);
    loop.runFor(199_000);
    expect(frames).toHaveLength(0);
    pipe.end();
    loop.runFor(2_000);
    expect(frames.flatMap(readParts).map(({ item }) => item)).toEqual([undefined]);
    expect(ends).toEqual([200_050]);
  });
});

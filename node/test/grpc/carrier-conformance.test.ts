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
import { describe, test } from "vitest";
import { PopWriter } from "../../src/grpc/pop-writer.js";
import { writePopItem } from "../../src/grpc/replies.js";
import { SessionWriter } from "../../src/grpc/session-writer.js";
import { ITEM } from "../support/hand-engine.js";
import { HandSink } from "../support/hand-sink.js";

function rig(): CarrierRig {
  const sink = new HandSink();
  const told: string[] = [];
  let [handed, nowMs] = [0, 0];
  const writer = new PopWriter({
    sink,
    nowMs: () => nowMs,
    encode: writePopItem,
    onWritten: () => undefined,
    onRoom: () => undefined,
    report: {
      written: (count) => told.push(`written ${String(count)}`),
      returned: (count) => told.push(`returned ${String(count)}`),
      drained: () => told.push("drained"),
    },
  });
  return {
    hand: (leaseLeftMs) => {
      const item: DeliveredItem = {
        ...ITEM,
        messageId: String(handed),
        payload: new Uint8Array(1),
      };
      handed += 1;
      writer.add(item, leaseLeftMs);
    },
    block: (room) => {
      sink.block(room);
    },
    drain: () => {
      sink.drain();
    },
    recall: () => {
      writer.recall();
    },
    end: () => {
      writer.end();
    },
    cancel: () => {
      writer.cancel();
    },
    pass: (ms) => {
      nowMs += ms;
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    get taken() {
      return sink.written.map(({ messageId }) => Number(messageId));
    },
    told,
  };
}

function sessionRig(): SessionRig {
  const sink = new HandSink<Uint8Array>();
  const told: string[] = [];
  let [handed, nowMs, words] = [0, 0, 0];
  const writer = new SessionWriter({
    sink,
    nowMs: () => nowMs,
    onDone: () => undefined,
    report: {
      written: (count, more) => {
        if (count > 0) told.push(`written ${String(count)}`);
        words += more;
      },
      returned: (count) => told.push(`returned ${String(count)}`),
      drained: () => told.push("drained"),
    },
  });
  return {
    hand: (leaseLeftMs) => {
      writer.add([testPart(handed, leaseLeftMs)]);
      handed += 1;
    },
    say: () => {
      writer.add([testWords()]);
    },
    report: () => {
      writer.report();
    },
    block: (room) => {
      sink.block(room);
    },
    drain: () => {
      sink.drain();
    },
    recall: () => {
      writer.recall();
    },
    end: () => {
      writer.end();
    },
    cancel: () => {
      writer.cancel();
    },
    pass: (ms) => {
      nowMs += ms;
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    get taken() {
      return this.parts.flatMap(({ item }) => item ?? []);
    },
    get parts() {
      return sink.written.flatMap(readParts);
    },
    frames: () => sink.written.length,
    words: () => words,
    told,
  };
}

describe("the carrier over gRPC", () => {
  carrierSuite(test, rig);
});

describe("a session's carrier over gRPC", () => {
  carrierSuite(test, sessionRig);
  sessionSuite(test, sessionRig);
});

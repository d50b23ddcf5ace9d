import { expect, it } from "vitest";
import { ReceiveGate } from "../../src/grpc/receive-gate.js";

/** 800 bytes in all, 100 of them in memory. */
function small() {
  const clock = { nowMs: 0 };
  const engine = { bytes: 0 };
  const limits = { requestBytesMax: 800, messageBytesMax: 100 };
  const gate = new ReceiveGate(
    limits,
    () => clock.nowMs,
    () => engine.bytes,
  );
  const started: string[] = [];
  const stopped: string[] = [];
  const enter = (name: string, bytes: number) =>
    gate.enter(
      bytes,
      () => started.push(name),
      () => stopped.push(name),
    );
  const enterAll = (bytes: number, ...names: string[]) =>
    names.map((name) => {
      const entrant = enter(name, bytes);
      if (!entrant) throw new Error(`${name} must have been taken`);
      return entrant;
    });
  return { clock, engine, gate, started, stopped, enter, enterAll };
}

it("lets in what there is room for, and the next in turn as calls are answered", () => {
  const { gate, started, enterAll } = small();
  const [first, second, , last] = enterAll(50, "a", "b", "c", "d");
  expect(started).toEqual(["a", "b"]);
  expect(gate.waitingCount).toBe(2);
  gate.received(first);
  expect(started).toEqual(["a", "b"]);
  gate.leave(first);
  gate.leave(first);
  expect(started).toEqual(["a", "b", "c"]);
  // Who goes away while it waits takes no place later.
  gate.leave(last);
  gate.leave(second);
  expect([gate.insideCount, gate.waitingCount, gate.heldBytes]).toEqual([1, 0, 50]);
});

it("GATE1: refuses at once what goes beyond the bytes of all calls, and takes it again later", () => {
  const { gate, enter, enterAll } = small();
  const [first] = enterAll(100, "a", "b", "c", "d", "e", "f", "g", "h");
  expect(enter("i", 1)).toBeUndefined();
  gate.leave(first);
  expect(enter("j", 100)).toBeDefined();
  expect(gate.heldBytes).toBe(800);
});

it("GATE2: what the engine still holds of clients that left takes places, but never the last one", () => {
  const { engine, gate, started, enterAll } = small();
  engine.bytes = 400;
  const [first] = enterAll(20, "a", "b");
  expect(started).toEqual(["a"]);
  gate.leave(first);
  expect(started).toEqual(["a", "b"]);
  enterAll(20, "c");
  engine.bytes = 0;
  gate.sweep();
  expect(started).toEqual(["a", "b", "c"]);
});

it("a silent sender gives its place up, and only when somebody waits", () => {
  const { clock, gate, started, enterAll } = small();
  const [first] = enterAll(60, "a");
  clock.nowMs = 5_000;
  gate.heard(first);
  clock.nowMs = 7_000;
  gate.sweep();
  expect(gate.insideCount).toBe(1);
  enterAll(60, "b");
  gate.heard(first);
  clock.nowMs = 7_500;
  gate.sweep();
  expect(started).toEqual(["a"]);
  clock.nowMs = 8_000;
  gate.sweep();
  expect(started).toEqual(["a", "b"]);
  // It is still counted: what it sent is in memory.
  expect(gate.heldBytes).toBe(120);
});

it("whose message came is no slow sender, however long the answer takes", () => {
  const { clock, gate, started, stopped, enterAll } = small();
  const [first] = enterAll(60, "a", "b");
  gate.received(first);
  clock.nowMs = 60_000;
  gate.sweep();
  expect([started, stopped]).toEqual([["a"], []]);
});

it("who sends nothing for long is given up when others need its room", () => {
  const { clock, gate, stopped, enter, enterAll } = small();
  enterAll(100, "a", "b", "c", "d", "e", "f", "g", "h");
  clock.nowMs = 20_000;
  expect(enter("i", 100)).toBeUndefined();
  gate.sweep();
  expect(stopped).toContain("a");
  expect(enter("j", 100)).toBeDefined();
});

it("a bound below one message still lets one in at a time", () => {
  const gate = new ReceiveGate(
    { requestBytesMax: 1, messageBytesMax: 4 << 20 },
    () => 0,
    () => 9,
  );
  let started = 0;
  const start = (): number => (started += 1);
  gate.enter(4 << 20, start, start);
  gate.enter(4 << 20, start, start);
  expect(started).toBe(1);
});

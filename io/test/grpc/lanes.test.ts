import { expect, test } from "vitest";
import { Lanes } from "../../src/grpc/lanes.js";

/** A transport that takes frames when it is told to, and the events in order. */
class Link {
  readonly events: string[] = [];
  readonly lanes: Lanes;
  private readonly inHand: (() => void)[] = [];

  constructor(tuning = { bytesMax: 1_600, urgentBytesMax: 200, transportBytes: 100 }) {
    this.lanes = new Lanes(tuning, {
      write: (frame, onTaken) => {
        this.events.push(`${String.fromCharCode(frame[0])}${frame.length}`);
        this.inHand.push(onTaken);
      },
      onFull: () => this.events.push("full"),
      onRoom: () => this.events.push("room"),
    });
  }

  send(name: string, bytes: number, isUrgent = false): boolean {
    return this.lanes.take(new Uint8Array(bytes).fill(name.charCodeAt(0)), isUrgent);
  }

  takeAll(): void {
    for (let onTaken = this.inHand.shift(); onTaken; onTaken = this.inHand.shift()) onTaken();
  }
}

test("urgent frames overtake bulk that waits, and each lane keeps its order", () => {
  const link = new Link();
  for (const name of ["a", "b", "c"]) link.send(name, 100);
  link.send("u", 10, true);
  link.send("v", 10, true);
  link.takeAll();
  expect(link.events).toEqual(["a100", "u10", "v10", "b100", "c100"]);
});

test("bulk over its budget is dropped and never takes that of urgent frames, nor the other way", () => {
  const link = new Link();
  expect(link.send("a", 1_500)).toBe(true);
  expect(link.send("b", 200)).toBe(false);
  expect(link.send("u", 150, true)).toBe(true);
  expect(link.send("v", 100, true)).toBe(false);
  expect(link.send("c", 100)).toBe(true);
});

test("an empty lane takes any frame", () => {
  const link = new Link();
  expect([link.send("a", 5_000), link.send("u", 5_000, true)]).toEqual([true, true]);
});

test("it says that it is full before it drops, and that it has room once most of it is gone", () => {
  const link = new Link();
  for (let i = 0; i < 8; i += 1) link.send("a", 100);
  expect(link.events).toEqual(["a100", "full"]);
  link.takeAll();
  expect(link.events.filter((e) => e === "room")).toHaveLength(1);
  expect(link.events.slice(-3)).toEqual(["a100", "room", "a100"]);
  for (let i = 0; i < 5; i += 1) link.send("b", 100);
  expect(link.events.slice(-2)).toEqual(["b100", "full"]);
});

test("a drop is always said, even where nothing was said before", () => {
  const link = new Link({ bytesMax: 1_000, urgentBytesMax: 200, transportBytes: 100 });
  link.send("a", 250);
  expect(link.send("b", 900)).toBe(false);
  expect(link.events).toEqual(["a250", "full"]);
});

test("nothing comes of a life that is over", () => {
  const link = new Link();
  for (let i = 0; i < 8; i += 1) link.send("a", 100);
  link.lanes.close();
  link.takeAll();
  expect(link.events).toEqual(["a100", "full"]);
});

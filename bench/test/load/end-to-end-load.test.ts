import { expect, it } from "vitest";
import { EndToEndLoad, type LaneEvents } from "../../src/load/end-to-end-load.js";

/** A lane whose other end is this test. */
class Rig {
  nowMs = 0;
  readonly sent: number[][] = [];
  readonly events: LaneEvents[] = [];
  readonly load = new EndToEndLoad(() => this.nowMs);

  constructor(windows: readonly number[]) {
    for (const [place, window] of windows.entries()) {
      const numbers: number[] = [];
      this.sent.push(numbers);
      this.events.push(this.load.eventsOf(place));
      this.load.add({ enqueue: (number) => numbers.push(number) }, window);
    }
    this.load.start();
  }
}

it("counts enqueues alone in the window, so that a backlog shows", () => {
  const { load, sent, events } = new Rig([2]);
  for (let number = 0; number < 10; number += 1) events[0]?.enqueued(number);
  expect(sent[0]).toHaveLength(12);
  events[0]?.settled(3);
  const phase = load.endPhase();
  expect([phase.enqueued, phase.settled, phase.behind, phase.behindBefore]).toEqual([10, 1, 9, 0]);
});

it("gives a place back to the lane it belongs to", () => {
  const { sent, events } = new Rig([1, 2]);
  expect(sent).toEqual([[0], [1, 2]]);
  events[1]?.enqueued(2);
  expect(sent).toEqual([[0], [1, 2, 3]]);
  // A delivery at another lane's consumer changes nothing for a window.
  events[0]?.settled(3);
  expect(sent[0]).toEqual([0]);
});

it("times each part from the moment the message was handed over", () => {
  const rig = new Rig([1]);
  const [events] = rig.events;
  rig.nowMs = 5;
  events?.enqueued(0);
  rig.nowMs = 20;
  events?.delivered(0);
  rig.nowMs = 50;
  events?.settled(0);
  rig.nowMs = 100;
  const { toEnqueued, toDelivered, toSettled, elapsedMs } = rig.load.endPhase();
  expect(elapsedMs).toBe(100);
  expect([toEnqueued, toDelivered, toSettled].map(({ maxMs }) => maxMs)).toEqual([5, 20, 50]);
});

it("leaves out of a phase what ended before and after it", () => {
  const rig = new Rig([3]);
  const [events] = rig.events;
  const tell = (number: number): void => {
    events?.enqueued(number);
    events?.delivered(number);
    events?.settled(number);
  };
  tell(0);
  rig.load.beginPhase();
  tell(1);
  const phase = rig.load.endPhase();
  tell(2);
  const counts = [phase.toEnqueued, phase.toDelivered, phase.toSettled].map(({ count }) => count);
  expect(counts).toEqual([1, 1, 1]);
  expect([phase.enqueued, phase.settled]).toEqual([1, 1]);
});

it("times an enqueue that is answered after its message was settled", () => {
  const rig = new Rig([1]);
  const [events] = rig.events;
  rig.nowMs = 3;
  events?.settled(0);
  const early = rig.load.endPhase();
  expect([early.settled, early.behind]).toEqual([1, 0]);
  rig.nowMs = 8;
  events?.enqueued(0);
  expect(rig.load.endPhase().toEnqueued.maxMs).toBe(8);
});

it("counts a message once, however often it is delivered and settled", () => {
  const { load, events } = new Rig([1]);
  events[0]?.enqueued(0);
  for (let i = 0; i < 3; i += 1) {
    events[0]?.delivered(0);
    events[0]?.settled(0);
  }
  events[0]?.settled(77);
  const phase = load.endPhase();
  expect([phase.settled, phase.toSettled.count, phase.toDelivered.count]).toEqual([1, 1, 1]);
});

it("frees the place of a failed enqueue, and keeps the first error", () => {
  const { load, sent, events } = new Rig([1]);
  events[0]?.failed("enqueue", new Error("first"));
  events[0]?.failed("settle", new Error("second"));
  expect(sent[0]).toEqual([0, 1]);
  expect([load.failed, load.firstError]).toEqual([2, new Error("first")]);
});

it("starts nothing after a stop, and ends once all is settled", async () => {
  const { load, sent, events } = new Rig([2]);
  events[0]?.enqueued(0);
  events[0]?.settled(0);
  let isDrained = false;
  const stopped = load.stop().then(() => {
    isDrained = true;
  });
  const isEnded = async (): Promise<boolean> => {
    await Promise.resolve();
    return isDrained;
  };
  expect(sent[0]).toHaveLength(3);
  // Settled before it is answered, answered before it is settled, and one that fails.
  events[0]?.settled(1);
  expect(await isEnded()).toBe(false);
  events[0]?.enqueued(1);
  expect(await isEnded()).toBe(false);
  events[0]?.failed("enqueue", new Error("no"));
  await stopped;
  expect(sent[0]).toHaveLength(3);
});

it("has room for as many messages as come", () => {
  const rig = new Rig([1]);
  const [events] = rig.events;
  const many = 70_000;
  for (let number = 0; number < many; number += 1) {
    rig.nowMs = 1_000_000 + number;
    events?.enqueued(number);
  }
  // Handed over at 1,000,009: before there was more room.
  rig.nowMs = 1_070_009;
  events?.settled(10);
  const { toSettled } = rig.load.endPhase();
  expect(toSettled.maxMs).toBeCloseTo(70_000, 6);
});

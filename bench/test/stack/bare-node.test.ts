import type { DiskOp } from "@disheap/io";
import { describe, expect, it } from "vitest";
import { BareNode } from "../../src/stack/bare-node.js";
import { decodeMessages, encodeMessages, Kind } from "../../src/stack/messages.js";

/** Three bare nodes whose links deliver at once and whose syncs complete when the test says so. */
class World {
  readonly written: DiskOp[][] = [[], [], []];
  readonly nodes: BareNode[];
  private readonly due: (() => void)[] = [];
  private readonly syncing = [0, 0, 0];

  constructor() {
    this.nodes = [1, 2, 3].map(
      (self) =>
        new BareNode({
          self,
          members: [1, 2, 3],
          send: (peer, frame) =>
            this.nodes[peer - 1]?.push({ kind: "peer.frame", peer: self, frame }),
          write: (ops) => {
            this.written[self - 1]?.push(...ops);
            this.syncing[self - 1] += 1;
          },
          wake: () => this.due.push(() => this.nodes[self - 1]?.run()),
        }),
    );
  }

  settle(): void {
    for (let run = this.due.shift(); run !== undefined; run = this.due.shift()) run();
  }

  synced(member: number): void {
    expect(this.syncing[member - 1]).toBe(1);
    this.syncing[member - 1] = 0;
    this.nodes[member - 1]?.push({ kind: "disk.written", token: 0 });
    this.settle();
  }
}

const payload = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a bare node", () => {
  it("answers once a majority has synced the payload, whoever was asked", () => {
    for (const edge of [1, 2, 3]) {
      const world = new World();
      let isDone = false;
      world.nodes[edge - 1]?.enqueue(2, payload("p"), () => {
        isDone = true;
      });
      world.settle();
      world.synced(3);
      expect(isDone).toBe(false);
      world.synced(1);
      expect(isDone).toBe(true);
      world.synced(2);
      expect(world.written.map((ops) => ops.length)).toEqual([1, 1, 1]);
    }
  });

  it("writes one batch at a time, with all that came meanwhile", () => {
    const world = new World();
    const done: number[] = [];
    for (const number of [0, 1, 2]) {
      world.nodes[0]?.enqueue(1, payload(`p${number}`), () => done.push(number));
      world.settle();
    }
    expect(world.written.map((ops) => ops.length)).toEqual([1, 1, 1]);
    for (const member of [1, 2]) world.synced(member);
    expect(done).toEqual([0]);
    for (const member of [1, 2]) world.synced(member);
    expect(done).toEqual([0, 1, 2]);
  });
});

it("messages come out of a frame as they went in", () => {
  const messages = [
    { kind: Kind.ask, id: 1, payload: payload("a") },
    { kind: Kind.done, id: 2 ** 40, payload: payload("") },
  ];
  const read = decodeMessages(encodeMessages(messages));
  expect(read.map(({ kind, id }) => [kind, id])).toEqual([
    [Kind.ask, 1],
    [Kind.done, 2 ** 40],
  ]);
  expect(read.map((message) => new TextDecoder().decode(message.payload))).toEqual(["a", ""]);
});

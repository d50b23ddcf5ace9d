import { expect, test } from "vitest";
import { HeldAfterStart } from "../../../../src/oracle/rules/storage/held-after-start.js";
import { reachableBuffers } from "../../../../src/oracle/rules/storage/reachable.js";
import { breaks } from "../states.js";

test("a buffer is reached through fields, lists, maps and sets, once, and through circles", () => {
  const [a, b, c, d] = [1, 2, 3, 4].map((n) => new Uint8Array(n));
  class Holder {
    private readonly inner = new Map<object, unknown>([[{ a }, new Set([b, [c]])]]);
    circle: unknown = this;
    get size(): number {
      return this.inner.size;
    }
  }
  const holder = new Holder();
  holder.circle = { holder, again: a.subarray(0, 1) };
  const found = [...reachableBuffers(holder)].map(({ byteLength }) => byteLength);
  expect(found.sort()).toEqual([1, 2, 3]);
  expect(d.length).toBe(4);
});

function judged(heldBytes: number, kept: readonly Uint8Array[], own: readonly Uint8Array[]): void {
  const handedOut = new WeakSet(kept.map(({ buffer }) => buffer));
  const groups = new Map([[1, { raft: { log: { heldBytes } } }]]);
  const host = { context: { groups }, somewhere: { kept, own } };
  const rule = new HeldAfterStart();
  const nodes = [
    { number: 1, disk: { handedOut }, process: undefined },
    { number: 2, disk: { handedOut }, process: { host } },
  ];
  rule.attach({ queue: { nowUs: 0 }, nodes });
  rule.finish();
}

test("S7: of what was read at start the tails of logs may stay, and nothing else", () => {
  const block = (): Uint8Array => new Uint8Array(3_000);
  judged(9_000, [block(), block(), block()], []);
  judged(0, [block()], [new Uint8Array(1 << 20)]);
  const found = breaks("S7", () => judged(1_000, [block(), block()], []));
  expect(found.message).toContain("n2 still holds 6000 bytes");
});

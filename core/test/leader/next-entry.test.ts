// The next entry takes the queue in its order, within rows, bytes and leases, and its first intent in any case.

import { expect, test } from "vitest";
import { nextEntry } from "../../src/leader/next-entry.js";
import type { QueuedIntent } from "../../src/member/replica.js";

const ROOM = { entryIntentsMax: 10, entryBytesMax: 100, leasesMax: 5 };

function queued(more: Partial<QueuedIntent> & { readonly bytes?: number } = {}): QueuedIntent {
  const { bytes = 1, ...rest } = more;
  const intent = new Uint8Array(bytes);
  return { intent, origin: { type: "none" }, isEnqueue: false, rows: 1, leases: 0, ...rest };
}

const takenOf = (...queue: readonly QueuedIntent[]): number => nextEntry(queue, ROOM).taken.length;

test("rows are counted, not intents", () => {
  expect(takenOf(queued({ rows: 6 }), queued({ rows: 4 }), queued())).toBe(2);
  expect(takenOf(queued({ rows: 6 }), queued({ rows: 5 }), queued())).toBe(1);
});

test("bytes and leases end it, and nothing behind what does not fit goes ahead of it", () => {
  expect(takenOf(queued({ bytes: 60 }), queued({ bytes: 41 }), queued())).toBe(1);
  expect(takenOf(queued({ leases: 3 }), queued({ leases: 3 }), queued())).toBe(1);
});

test("the first one goes in whatever it takes", () => {
  expect(takenOf(queued({ rows: 4096, bytes: 5000, leases: 99 }), queued())).toBe(1);
});

test("what becomes ready is told by rows: of enqueues, and of what comes back", () => {
  const queue = [
    queued({ rows: 3, isEnqueue: true }),
    queued({ rows: 2, isReturn: true }),
    queued({ rows: 2 }),
  ];
  expect(nextEntry(queue, ROOM)).toMatchObject({ rows: 7, coming: 5, leases: 0 });
});

import { expect, test } from "vitest";
import { Canon, type CommittedEntry } from "../../../../src/oracle/rules/entries/canon.js";
import { breaks, events, view } from "../states.js";

const TICK = [{ kind: "tick" as const }];

test("R4: the first replica's events are handed on once, with the intents", () => {
  const seen: CommittedEntry[] = [];
  const canon = new Canon([{ entry: (entry) => seen.push(entry) }]);
  for (const node of [2, 1, 3]) {
    canon.machineEvent(node, 1, 1, 10, events.ready());
    canon.applied(node, 1, view(1, 1, 10, TICK), 7, 8);
    canon.applied(node, 1, view(2, 1, 11, TICK), 7, 9);
  }
  expect(seen.map(({ index, node, intents, events: e }) => [index, node, intents, e])).toEqual([
    [1, 2, TICK, [events.ready()]],
    [2, 2, TICK, []],
  ]);
});

test("R4: another term, other bytes, another state, another event, or a gap is noticed", () => {
  const first = (): Canon => {
    const canon = new Canon([]);
    canon.machineEvent(1, 1, 1, 10, events.acked(3));
    canon.applied(1, 1, view(1, 1, 10, TICK), 7, 8);
    return canon;
  };
  const again = (canon: Canon, term: number, stampMs: number, hash: number, fence?: number) => {
    if (fence !== undefined) canon.machineEvent(2, 1, 1, stampMs, events.acked(fence));
    canon.applied(2, 1, view(1, term, stampMs, TICK), 7, hash);
  };
  again(first(), 1, 10, 8, 3);
  expect(breaks("R4", () => again(first(), 2, 10, 8, 3)).message).toContain("its term is 1 and 2");
  expect(breaks("R4", () => again(first(), 1, 11, 8, 3)).message).toContain("bytes differ");
  expect(breaks("R4", () => again(first(), 1, 10, 9, 3)).message).toContain("another hash");
  expect(breaks("R4", () => again(first(), 1, 10, 8, 4)).message).toContain("fence 3");
  expect(breaks("R4", () => again(first(), 1, 10, 8)).message).toContain("nothing more");
  breaks("R4", () => first().applied(1, 1, view(3, 1, 12, TICK), 7, 8));
});

import { expect, test } from "vitest";
import { Outputs } from "../../src/raft/outputs.js";
import { append, RaftNet } from "../support/raft-net.js";

test("what a step asks for stands in the order in which it came about", () => {
  const outputs = new Outputs();
  const message = append(1);
  outputs.send(2, message);
  outputs.persist();
  outputs.sendAfterPersist(3, message, 7);
  outputs.roleChanged(4, "leader", 1);
  outputs.committed(9);
  expect(Array.from({ length: outputs.length }, (_, i) => outputs.at(i))).toEqual([
    { kind: "send", peer: 2, message },
    { kind: "persist" },
    { kind: "send.after-persist", peer: 3, message, seq: 7 },
    { kind: "role-changed", term: 4, role: "leader", leader: 1 },
    { kind: "committed", index: 9 },
  ]);
});

test("records of the busy kinds are used again, and hold no message meanwhile", () => {
  const outputs = new Outputs();
  const record = (): unknown => outputs.at(0);
  const uses: [unknown, () => void][] = [
    [undefined, () => outputs.send(2, append(1))],
    [undefined, () => outputs.sendAfterPersist(2, append(1), 1)],
    [undefined, () => outputs.committed(1)],
    [undefined, () => outputs.persist()],
    [undefined, () => outputs.ready()],
  ];
  for (const use of uses) {
    use[1]();
    use[0] = record();
    outputs.clear();
    expect(outputs.length).toBe(0);
    expect(JSON.stringify(use[0])).not.toContain("append");
  }
  for (const [first, use] of uses) {
    use();
    expect(record()).toBe(first);
    outputs.clear();
  }
});

test("a step has no effect by itself: all of it is in the list", () => {
  const net = new RaftNet(3);
  const seen: string[] = [];
  net.saw = (self, { kind }) => seen.push(`n${self} ${kind}`);
  net.campaign(1);
  expect(seen).toEqual(["n1 role-changed", "n1 send", "n1 send"]);
});

import { expect, test } from "vitest";
import { MetRot } from "../../../../src/oracle/rules/storage/met-rot.js";
import { breaks } from "../states.js";

function ruleAt(nowUs: number, metRotAtUs: number | undefined): MetRot {
  const rule = new MetRot();
  rule.attach({ queue: { nowUs }, node: () => ({ disk: { metRotAtUs } }) });
  return rule;
}

test("a node that met none, and the turn that takes it in, are right", () => {
  ruleAt(9_000_000, undefined).afterTurn(1);
  ruleAt(9_000_000, 8_900_000).afterTurn(1);
});

test("S6: a node that goes on after it read rot", () => {
  const found = breaks("S6", () => ruleAt(9_000_000, 8_000_000).afterTurn(1));
  expect(found.message).toContain("n1 read a rotten value of its own store");
});

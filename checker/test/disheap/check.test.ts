import { describe, expect, it } from "vitest";
import { checkDisheap, renderDisheapReport } from "../../src/index.js";
import type { Recorder } from "../support/recorder.js";
import { record } from "../support/recorder.js";

function broken(history: Recorder): string[] {
  const report = checkDisheap(history.lines);
  return report.guarantees.flatMap((one) =>
    one.rules.flatMap((rule) => (rule.violation === undefined ? [] : [rule.violation.rule])),
  );
}

/** A whole legal life: retry, extend, expiry, dead letter, delay, repeat, unknown outcomes. */
function legalLife(): Recorder {
  const life = record().topic({ topic: "other", mode: "MAX", partitions: 4 });
  life.enqueue("a", { producer: "p", epoch: "1", sequence: "1" });
  life.enqueue("a", { producer: "p", epoch: "1", sequence: "1" }, { duplicate: true });
  life.enqueue("b", { priority: "-9223372036854775808" });
  life.pop("b", { priority: "-9223372036854775808", grantedMs: 2000 }).nack("b", 1, 500);
  life.pop("a", { grantedMs: 2100 }).settle("extend", "a").ack("a").ack("a");
  life.pop("b", { priority: "-9223372036854775808", fence: 2, grantedMs: 3000 });
  life.ack("b", 1, "fail");
  life.pop("b", { priority: "-9223372036854775808", fence: 4, attempts: 3, grantedMs: 90_000 });
  life.nack("b", 4).nack("b", 4);
  const lost = life.invoke("enqueue", { topic: "t", payload: "maybe", priority: "7" });
  life.complete(lost, "info");
  life.pop("c", { payload: "maybe", priority: "7", enqueuedMs: 1500, grantedMs: 99_000 });
  life.ack("c", 1, "info");
  life.credit();
  return life.remaining("b", "dlq", { attempts: 4, fence: 5 }).drained();
}

describe("checkDisheap", () => {
  it("finds nothing in a legal life and says what it looked at", () => {
    const report = checkDisheap(legalLife().lines);
    expect(broken(legalLife())).toEqual([]);
    expect(report.verdict).toBe("ok");
    const verdicts = report.guarantees.map((one) => `${one.guarantee} ${one.verdict}`);
    expect(verdicts).toEqual([
      ...["G1 ok", "G2 ok", "G3 ok", "G4 ok", "G5 ok", "G6 ok"],
      ...["G7 not-checked", "G8 ok", "G9 ok"],
    ]);
    expect(report.counts).toMatchObject({ enqueues: 4, deliveries: 5, unknownOutcomes: 3 });
  });

  it("never calls an empty history ok", () => {
    const report = checkDisheap([]);
    expect(report.guarantees.every((one) => one.verdict === "not-checked")).toBe(true);
  });

  it("renders the broken rule with the lines that contradict each other", () => {
    const text = renderDisheapReport(checkDisheap(record().enqueue("a").drained().lines));
    expect(text).toContain("VIOLATED     G1");
    expect(text).toContain("Q1 no acknowledged enqueue is lost: broken");
    expect(text).toContain("Q2 no phantom: delivered as enqueued: nothing to judge");
    expect(text).toContain("Q1: message a of topic t is lost");
    expect(text).toContain(`line 4: {"id":0,"process":"c1","type":"ok","f":"enqueue"`);
    expect(text).toContain("not checked  G7 Atomic batches: the history holds no batch");
  });

  it("refuses a value of the wrong shape with its line", () => {
    const wrong = record();
    wrong.invoke("pop", { topic: "t" });
    expect(() => checkDisheap(wrong.lines)).toThrow(
      `line 3: pop invoke: "stream" must be a string`,
    );
  });
});

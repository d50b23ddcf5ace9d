// The two rules of the credit window, under any order of deliveries, settlings and lost streams.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CreditWindow } from "../src/credit-window.js";

const kinds = ["take", "take idle", "deliver", "undeliver", "release", "reopen"] as const;
type Step = (typeof kinds)[number];

describe("CreditWindow", () => {
  it("never asks beyond the prefetch (W1) or the limit (W2), and in steps of half (W3)", () => {
    const steps = fc.array(fc.constantFrom<Step>(...kinds), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }), steps, run),
    );
  });

  function run(prefetch: number, limit: number, steps: readonly Step[]): void {
    const window = new CreditWindow(prefetch, limit);
    let [open, held, delivered] = [0, 0, 0];
    for (const step of steps) {
      if (step === "take" || step === "take idle") {
        const due = Math.max(0, Math.min(prefetch - held, limit - delivered) - open);
        const isStep = due >= prefetch / 2 || due === limit - delivered - open;
        const isStarved = step === "take idle" && open === 0;
        expect(window.take(step === "take idle"), "W3").toBe(isStep || isStarved ? due : 0);
        if (isStep || isStarved) open += due;
      } else if (step === "deliver" && open > 0) {
        window.delivered();
        [open, held, delivered] = [open - 1, held + 1, delivered + 1];
      } else if (step === "undeliver" && held > 0) {
        window.undelivered();
        window.released();
        [held, delivered] = [held - 1, delivered - 1];
      } else if (step === "release" && held > 0) {
        window.released();
        held -= 1;
      } else if (step === "reopen") {
        window.reopened();
        open = 0;
      }
      expect(open + held, "W1").toBeLessThanOrEqual(prefetch);
      expect(open + delivered, "W2").toBeLessThanOrEqual(limit);
      expect(window.isSpent).toBe(delivered === limit);
    }
  }

  it("is spent only at its limit", () => {
    const endless = new CreditWindow(5);
    expect(endless.take(false)).toBe(5);
    for (let index = 0; index < 5; index += 1) endless.delivered();
    expect([endless.isSpent, endless.take(true)]).toEqual([false, 0]);
  });

  it("is not opened further by a node that delivers more than was asked for", () => {
    const window = new CreditWindow(5);
    window.take(false);
    for (let index = 0; index < 7; index += 1) window.delivered();
    expect(window.take(true)).toBe(0);
    for (let index = 0; index < 7; index += 1) window.released();
    expect(window.take(false)).toBe(5);
  });
});

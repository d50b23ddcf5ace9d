import { expect, it } from "vitest";
import { readBurstOptions } from "../../src/bursts/arguments.js";
import { UsageError } from "../../src/options.js";

it("has defaults", () => {
  const { help, through, bursts } = readBurstOptions([]);
  expect([help, through]).toEqual([false, ["leader", "follower"]]);
  expect(bursts).toContainEqual({ calls: 400, bytes: 250_000 });
});

it("reads what is given, instead of the defaults", () => {
  const args = ["--through", "all", "--burst", "2x30", "--burst=400x4000000"];
  expect(readBurstOptions(args)).toEqual({
    help: false,
    through: ["all"],
    bursts: [
      { calls: 2, bytes: 30 },
      { calls: 400, bytes: 4_000_000 },
    ],
  });
});

it.each([["--through=some"], ["--burst=400"], ["--burst=0x1"], ["--burst=axb"], ["--what"], ["x"]])(
  "refuses %s with a sentence",
  (flag) => {
    expect(() => readBurstOptions([flag])).toThrow(UsageError);
    expect(() => readBurstOptions([flag])).toThrow(/\.$/);
  },
);

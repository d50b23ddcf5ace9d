// What a node says when V8 was told nothing.
import { expect, it } from "vitest";
import { V8_FLAGS, v8Warning } from "../../src/memory/v8-flags.js";

it("names what is missing", () => {
  expect(v8Warning(["--expose-gc"])).toContain("started without --initial-old-space-size=64: ");
});

it.each([
  ["as it is meant", [...V8_FLAGS]],
  ["with another size", ["--initial-old-space-size=512"]],
  ["with underscores", ["--initial_old_space_size=64"]],
])("nothing is said when it is given %s", (_name, execArgv) => {
  expect(v8Warning(execArgv)).toBeUndefined();
});

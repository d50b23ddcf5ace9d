import { expect, it } from "vitest";
import { progressLine } from "../src/progress.js";

const shown = (isTTY: boolean): string => {
  let text = "";
  const progress = progressLine({ isTTY, write: (more: string) => (text += more) });
  progress.begin("1 of 2: a");
  progress.detail("half");
  progress.done("a: 5/s");
  progress.end();
  return text;
};

it("is a line for each step in a log", () => {
  expect(shown(false)).toBe("1 of 2: a\n1 of 2: a: half\n  a: 5/s\n");
});

it("is one line that changes on a terminal, and gone at the end", () => {
  const lines = shown(true).split("\r\u001b[2K");
  expect(lines).toEqual(["", "1 of 2: a", "1 of 2: a: half", ""]);
});

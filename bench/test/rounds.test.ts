import { expect, it } from "vitest";
import { runInRounds } from "../src/rounds.js";

it("runs every line once before it runs one again", async () => {
  const said: string[] = [];
  const outcomes = await runInRounds(
    ["a", "b", "c"],
    2,
    (line) => {
      said.push(line);
      return Promise.resolve(`${line}${said.length}`);
    },
    { begins: (line, round) => said.push(`${line} in ${round}`) },
  );
  expect(said.filter((one) => one.length === 1)).toEqual(["a", "b", "c", "a", "b", "c"]);
  expect(said.slice(0, 2)).toEqual(["a in 1", "a"]);
  expect(said.slice(-2)).toEqual(["c in 2", "c"]);
  expect([...outcomes]).toEqual([
    ["a", ["a2", "a8"]],
    ["b", ["b4", "b10"]],
    ["c", ["c6", "c12"]],
  ]);
});

it("starts a line only when the one before has ended", async () => {
  let running = 0;
  await runInRounds([1, 2], 3, async () => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  });
});

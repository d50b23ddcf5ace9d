import { expect, it } from "vitest";
import { helpLines, pick, readOptions, UsageError } from "../src/options.js";

const ALL = ["open", "unary-1", "unary-64", "stream-1"].map((name) => ({ name }));
const names = (picked: { name: string }[]) => picked.map(({ name }) => name);

it("has defaults", () => {
  expect(readOptions([])).toEqual({
    json: false,
    help: false,
    workloads: [],
    runs: 1,
    seconds: undefined,
    profileFolder: undefined,
  });
});

it("reads what is given", () => {
  const argv = ["--json", "--workload", "open", "--workload=unary", "--runs", "3", "--seconds=5"];
  expect(readOptions([...argv, "--profile", "out"])).toMatchObject({
    json: true,
    workloads: ["open", "unary"],
    runs: 3,
    seconds: 5,
    profileFolder: "out",
  });
});

it.each([["--runs=0"], ["--runs=x"], ["--seconds=601"], ["--what"], ["extra"]])(
  "refuses %s with a sentence",
  (flag) => {
    expect(() => readOptions([flag])).toThrow(UsageError);
    expect(() => readOptions([flag])).toThrow(/\.$/);
  },
);

it("picks by name, and by the beginning of a name", () => {
  expect(names(pick(ALL, []))).toEqual(names(ALL));
  expect(names(pick(ALL, ["unary-64", "open"]))).toEqual(["open", "unary-64"]);
  expect(names(pick(ALL, ["unary"]))).toEqual(["unary-1", "unary-64"]);
  expect(() => pick(ALL, ["una"])).toThrow(/no workload "una".*open, unary-1/);
});

it("runs what takes very long only when it is named itself", () => {
  const lines = [{ name: "drain-20k" }, { name: "drain-2m", isLong: true }];
  expect(names(pick(lines, []))).toEqual(["drain-20k"]);
  expect(names(pick(lines, ["drain"]))).toEqual(["drain-20k"]);
  expect(names(pick(lines, ["drain-2m"]))).toEqual(["drain-2m"]);
});

it("lists every line in the help", () => {
  const text = helpLines("npm run x", [
    { name: "a", about: "first" },
    { name: "long-name", about: "second" },
  ]).join("\n");
  expect(text).toMatch(/^npm run x\n/);
  expect(text).toContain("\n  a          first\n  long-name  second");
});

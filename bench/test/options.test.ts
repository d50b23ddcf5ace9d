import { expect, it } from "vitest";
import { pick, readOptions, UsageError } from "../src/options.js";

const ALL = ["open", "enqueue-1", "enqueue-64", "end-to-end-1"].map((name) => ({ name }));
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
  const argv = ["--json", "--workload", "open", "--workload=enqueue", "--runs", "3", "--seconds=5"];
  expect(readOptions([...argv, "--profile", "out"])).toMatchObject({
    json: true,
    workloads: ["open", "enqueue"],
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
  expect(names(pick(ALL, ["enqueue-64", "open"]))).toEqual(["open", "enqueue-64"]);
  expect(names(pick(ALL, ["enqueue"]))).toEqual(["enqueue-1", "enqueue-64"]);
  expect(() => pick(ALL, ["enq"])).toThrow(/no workload "enq".*open, enqueue-1/);
});

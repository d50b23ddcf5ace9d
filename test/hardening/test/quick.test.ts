// The quick subset as tests: each row of the table that needs a second or two. The whole table is
// `npm run hardening`.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allCases } from "../src/cases/index.js";
import { StandingCluster } from "../src/cluster.js";
import { runOne } from "../src/runner.js";
import { World } from "../src/world.js";

const quick = allCases.filter(({ isQuick }) => isQuick === true);
let folder: string;
let cluster: StandingCluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "disheap-hardening-quick-"));
  cluster = await StandingCluster.start(join(folder, "cluster"));
});

afterAll(async () => {
  await cluster.end();
  rmSync(folder, { recursive: true, force: true });
});

describe("bad input to a running cluster changes nothing", () => {
  test.each(quick.filter(({ lane }) => lane === "cluster"))("$name", async (one) => {
    const world = new World(join(folder, one.name), cluster);
    const verdict = await runOne(one, world, () => cluster.checkUnharmed());
    expect(verdict).toMatchObject({ state: "ok" });
  });
});

describe("a start that cannot work is refused", () => {
  test.each(quick.filter(({ lane }) => lane !== "cluster"))("$name", async (one) => {
    const verdict = await runOne(one, new World(join(folder, one.name)));
    expect(verdict).toMatchObject({ state: "ok" });
  });
});

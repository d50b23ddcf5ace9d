// docs/api/limits.md says what the table says.

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DEFAULT_DEFAULTS, DEFAULT_LIMITS, DEFAULT_TIMING } from "../../../src/member/config.js";
import { nodeLimits } from "../../../src/member/node-limits.js";
import { limitsPage } from "../../support/limits-page.js";

const PAGE = new URL("../../../../docs/api/limits.md", import.meta.url);
const members = [1, 2, 3].map((n) => ({ name: `n${n}`, address: `host${n}:8300` }));

test("the page of limits is up to date; RECORD_LIMITS=1 records it again", () => {
  const page = limitsPage(
    nodeLimits({
      node: "n1",
      members,
      seedHi: 0,
      seedLo: 0,
      keySeed: [0, 0, 0, 0],
      timing: DEFAULT_TIMING,
      limits: DEFAULT_LIMITS,
      defaults: DEFAULT_DEFAULTS,
    }),
  );
  if (process.env.RECORD_LIMITS === "1") writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8")).toBe(page);
});

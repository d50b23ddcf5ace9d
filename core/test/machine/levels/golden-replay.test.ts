// D-86: logs are replayed, so what apply does is part of what is stored. A recorded log leads to the recorded
// states and results, or the draft was raised and recorded again:
//   RECORD_LEVEL=1 npx vitest run core/test/machine/levels

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readIntent, INTENTS } from "../../../src/wire/intents.js";
import { Reader } from "../../../src/lib/bytes.js";
import { DRAFT, LEVEL_1 } from "../../../src/machine/levels/level-1.js";
import { eachEntry, type Block } from "../../../src/wire/blocks.js";
import {
  blocksOf,
  recordNow,
  recordsNow,
  REPLAYS,
  type RecordedEntry,
  type Recording,
} from "../../support/level-record.js";

const PATH = new URL("level-1.json", import.meta.url);
const RAISE =
  "What apply does, or a format, differs from what is recorded for this draft. Logs that are kept would be " +
  "decided anew. Raise DRAFT in core/src/machine/levels/level-1.ts and record again: " +
  "RECORD_LEVEL=1 npx vitest run core/test/machine/levels";

const recorded = JSON.parse(readFileSync(PATH, "utf8")) as Recording;

function record(): Recording {
  const now = recordNow();
  const { draft } = recorded.rules;
  if (draft >= DRAFT && JSON.stringify(now) !== JSON.stringify(recorded)) {
    throw new Error(`Draft ${draft} is recorded and differs. Raise DRAFT above it first.`);
  }
  writeFileSync(PATH, `${JSON.stringify(now, undefined, 1)}\n`);
  return now;
}

/** Which entries of the recorded log do otherwise now. */
function differing(
  entries: readonly RecordedEntry[],
  replay: (blocks: readonly Block[]) => RecordedEntry[],
): string[] {
  try {
    const now = replay(blocksOf(entries));
    return entries.flatMap((was, i) =>
      JSON.stringify(was) === JSON.stringify(now[i]) ? [] : [`entry ${i + 1}`],
    );
  } catch (error) {
    return [String(error)];
  }
}

describe("the newest level does what is recorded for its draft", () => {
  const golden = process.env.RECORD_LEVEL === "1" ? record() : recorded;

  test("this draft is recorded", () => {
    expect(golden.rules.draft, "The draft was raised and not recorded yet.").toBe(DRAFT);
  });

  test("rules", () => {
    expect(golden.rules, RAISE).toEqual(LEVEL_1);
  });

  test("records on disk", () => {
    expect(golden.records, RAISE).toEqual(recordsNow());
  });

  test.each(["min", "max", "cluster"] as const)("the log of %s", (which) => {
    expect(differing(golden[which], REPLAYS[which]), RAISE).toEqual([]);
  });

  test("the log has every kind of intent, in the encoding of now", () => {
    const now = recordNow();
    expect([now.min, now.max, now.cluster], RAISE).toEqual([
      golden.min,
      golden.max,
      golden.cluster,
    ]);
    const kinds = new Set<number>();
    for (const block of blocksOf([...golden.min, ...golden.max, ...golden.cluster])) {
      eachEntry(block, block.first, block.first, (entry) => {
        const r = new Reader(entry.bytes, entry.intentsFrom, entry.to);
        for (let i = 0; i < entry.intentCount; i += 1) {
          kinds.add(r.bytes[r.at + 4]);
          readIntent(r);
        }
      });
    }
    const all = Object.values(INTENTS)
      .map(({ tag }) => tag as number)
      .sort((a, b) => a - b);
    const missing =
      "A kind of intent is in no recorded entry: add it to core/test/support/level-log.ts.";
    expect(
      [...kinds].sort((a, b) => a - b),
      missing,
    ).toEqual(all);
  });
});

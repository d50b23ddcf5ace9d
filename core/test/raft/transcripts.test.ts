// Transcripts of Raft groups: the races that the field has had, message by message. They are read in review:
// REWRITE=1 npx vitest run core/test/raft/transcripts.test.ts writes them anew, and the diff shows it. What
// must not happen stands in each heading, and as `must` where it would show.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replayRaft } from "../support/raft-transcript.js";

const FOLDER = new URL("./transcripts/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

test("there are transcripts", () => expect(files.length).toBeGreaterThan(11));

test.each(files)("%s", (name) => {
  const file = new URL(name, FOLDER);
  const text = readFileSync(file, "utf8");
  const now = replayRaft(text);
  if (process.env.REWRITE === "1") writeFileSync(file, now);
  else expect(now).toBe(text);
  expect(text).toMatch(/^# .+/);
  expect(text).toContain("\n> must ");
});

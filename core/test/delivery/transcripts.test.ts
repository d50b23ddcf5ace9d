// Transcripts of the partition machine: what each entry does, stamp by stamp. They are read in review:
// REWRITE=1 npx vitest run core/test/delivery/transcripts.test.ts writes them anew, and the diff shows it.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replay } from "../support/transcript.js";

const FOLDER = new URL("./transcripts/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

test("there are transcripts", () => expect(files.length).toBeGreaterThan(5));

test.each(files)("%s", (name) => {
  const file = new URL(name, FOLDER);
  const text = readFileSync(file, "utf8");
  const now = replay(text);
  if (process.env.REWRITE === "1") writeFileSync(file, now);
  else expect(now).toBe(text);
});

// Transcripts of hosts: what a script of events makes a node or a small cluster do. Each tells a race of the
// field and what must not happen in it. They are read in review:
// REWRITE=1 npx vitest run core/test/host/transcripts.test.ts writes them anew, and the diff shows it. What a
// scene says of `never` and `always` is judged then too.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replayHosts } from "../support/host-script.js";

const FOLDER = new URL("./transcripts/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

test("there are transcripts", () => expect(files.length).toBeGreaterThan(9));

test.each(files)("%s", (name) => {
  const file = new URL(name, FOLDER);
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(/^# Race: .+\n(# .+\n)*# Must not: .+\n/);
  expect(text).toMatch(/^> (never|always) /m);
  const now = replayHosts(text);
  if (process.env.REWRITE === "1") writeFileSync(file, now.text);
  else expect(now.text).toBe(text);
  expect(now.broken).toEqual([]);
});

// What a block from a peer must be before it is in the log: apply would break on it, at every start (D-89, rev-F9).

import { expect, test } from "vitest";
import { MalformedInput } from "../../src/lib/bytes.js";
import { checkBlock } from "../../src/raft/block-checks.js";
import { STAMP_MAX_MS } from "../../src/raft/group-time.js";
import { RaftLog } from "../../src/raft/log.js";
import { encodeBlock, type Block } from "../../src/wire/blocks.js";

const LEADER_TERM = 5;

function block(first: number, term: number, prevTerm: number, ...stampsMs: number[]): Block {
  const entries = stampsMs.map((stampMs) => {
    return { kind: 1, stampMs, seedHi: 0, seedLo: 0, intents: [] };
  });
  return encodeBlock(1, first, term, prevTerm, entries);
}

/** Two blocks: entries 1 to 2 of term 2 until 20 ms, entry 3 of term 3 at 30 ms. */
function log(): RaftLog {
  const made = new RaftLog();
  made.put(block(1, 2, 0, 10, 20), 2);
  made.put(block(3, 3, 2, 30), 3);
  return made;
}

test.each([
  ["behind the log", block(4, 3, 3, 30, 31)],
  ["of a later term", block(4, 5, 3, 30)],
  ["in the place of another one", block(3, 4, 2, 20)],
  ["as the first of all", block(1, 1, 0, 0)],
  ["at the end of all time", block(4, 3, 3, STAMP_MAX_MS)],
])("one %s is taken", (_, sound) => {
  expect(() => checkBlock(log(), sound, LEADER_TERM)).not.toThrow();
});

test.each([
  ["whose stamp is before that of the block before it", block(4, 3, 3, 29), /stamp of entry 4/],
  ["whose stamps go back inside of it", block(4, 3, 3, 40, 39), /stamp of entry 5/],
  ["whose stamp is before that of what it replaces from", block(3, 4, 2, 19), /stamp of entry 3/],
  ["whose stamp would wrap soon", block(4, 3, 3, STAMP_MAX_MS + 1), /beyond all clocks/],
  ["whose term falls", block(4, 2, 3, 30), /of term 2 is not between/],
  ["of a later term than its leader's", block(4, 6, 3, 30), /of term 6 is not between/],
  ["that names another term before it", block(4, 4, 2, 30), /names term 2 before it/],
  ["that names a term before the first entry", block(1, 4, 1, 30), /names term 1 before it/],
])("one %s is refused", (_, wrong, why) => {
  const check = (): void => checkBlock(log(), wrong, LEADER_TERM);
  expect(check).toThrow(MalformedInput);
  expect(check).toThrow(why);
});

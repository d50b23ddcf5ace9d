// Remembers that all nodes of a data folder once ran together. A node whose own folder is empty after that
// has lost its votes and its log: started under its old name it could help to elect a leader that lacks what
// was acknowledged, so it is not started.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeSpec } from "./options.js";

const MARK = "formed";
/** What every node writes before it says a word to the others. */
const IDENTITY = "identity.json";

export function markFormed(dataDir: string): void {
  const file = join(dataDir, MARK);
  if (existsSync(file)) return;
  writeFileSync(
    file,
    "All nodes of this folder have run together. A node without data is not started any more.\n",
  );
}

/** The nodes whose data is gone. All of them at once is a new beginning, not a loss. */
export function findWiped(dataDir: string, nodes: readonly NodeSpec[]): NodeSpec[] {
  if (!existsSync(join(dataDir, MARK))) return [];
  const wiped = nodes.filter((node) => !existsSync(join(node.dataDir, IDENTITY)));
  return wiped.length === nodes.length ? [] : wiped;
}

export function wipedText(node: NodeSpec): string {
  return (
    `its data directory ${node.dataDir} is empty, though it had data before. Without its votes and its ` +
    "log it must not come back under its name. Put the directory back if you moved it and it is whole."
  );
}

// Q2 inside (D-11): a request that must not be repeated is applied at most once, and "surely not" is
// never said of an attempt that is or will be applied. Each attempt of an enqueue without a triple may be
// committed once; one that a node answered with "surely not" never. Intents are told apart by their
// bytes: such enqueues carry payloads of their own.

import {
  decodeIntent,
  encodeIntent,
  hashBytes,
  MalformedInput,
  type PeerMessage,
  rowsOf,
} from "@disheap/core";
import { RuleBroken, type Rule, type Seen } from "../../oracle.js";
import type { CommittedEntry, EntryRule } from "../entries/canon.js";
import { attemptOf, seen, type Watched } from "../views/watched.js";

interface Enqueue {
  /** Attempts that left an edge, rows of one batch each for itself since they may be equal, and those of them that were answered with "surely not". */
  readonly attempts: Set<string>;
  readonly refused: Map<string, Seen>;
  readonly committed: Seen[];
}

export class Once implements Rule, EntryRule {
  private world: Watched | undefined;
  private readonly enqueues = new Map<string, Enqueue>();
  private readonly byAttempt = new Map<string, readonly Enqueue[]>();

  attach(world: Watched): void {
    this.world = world;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind === "request") {
      const { action, isOnce } = message;
      if (!isOnce || action.type !== "propose") return;
      const attempt = attemptOf(node, message);
      const enqueues = this.enqueuesOf(action.intent);
      enqueues.forEach((enqueue, row) => enqueue.attempts.add(`${attempt} row ${row}`));
      this.byAttempt.set(attempt, enqueues);
    } else if (message.kind === "reply") {
      const { type } = message.outcome;
      if (type !== "surely-not" && type !== "unknown-group") return;
      const attempt = attemptOf(to, message);
      const at = { atUs: this.world?.queue.nowUs ?? 0, node };
      this.byAttempt.get(attempt)?.forEach((enqueue, row) => {
        const text = `answered "${type}" to attempt ${attempt}`;
        enqueue.refused.set(`${attempt} row ${row}`, seen(at, text));
        check(enqueue);
      });
    }
  }

  entry(entry: CommittedEntry): void {
    entry.intents.forEach((intent, offset) => {
      if (intent.kind !== "enqueue" || intent.producer) return;
      const enqueue = this.enqueueOf(encodeIntent(intent));
      // Entries without a request: of unit tests, or proposed by other means.
      if (enqueue.attempts.size === 0) return;
      const text = `entry ${entry.index} of group ${entry.group} made message ${entry.index}.${offset}`;
      enqueue.committed.push(seen(entry, text));
      check(enqueue);
    });
  }

  /** Row by row; nothing for what cannot be read: nodes of other versions ask, too. */
  private enqueuesOf(intent: Uint8Array): readonly Enqueue[] {
    try {
      const rows = rowsOf([decodeIntent(intent)]).filter((row) => row.kind === "enqueue");
      return rows.map((row) => this.enqueueOf(encodeIntent(row)));
    } catch (error) {
      if (error instanceof MalformedInput) return [];
      throw error;
    }
  }

  private enqueueOf(intent: Uint8Array): Enqueue {
    const name = `${hashBytes(1, intent)}.${hashBytes(2, intent)}`;
    let enqueue = this.enqueues.get(name);
    if (!enqueue) {
      enqueue = { attempts: new Set(), refused: new Map(), committed: [] };
      this.enqueues.set(name, enqueue);
    }
    return enqueue;
  }
}

function check({ attempts, refused, committed }: Enqueue): void {
  if (committed.length <= attempts.size - refused.size) return;
  const first = [...refused.values()].at(-1) ?? committed.at(0);
  const second = committed.at(-1);
  throw new RuleBroken({
    rule: "Q2",
    message:
      `an enqueue without a triple was sent ${attempts.size} times, ${refused.size} of them surely not ` +
      `applied, and is in the log ${committed.length} times`,
    ...(first ? { first } : {}),
    ...(second ? { second } : {}),
  });
}

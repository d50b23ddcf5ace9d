// Q9: a lease that was never delivered does not count (D-91). At the end of a run every lease that expired and
// counts still, of a message that is still there, was written to a consumer; or its edge died, whose leases
// count as handed over.

import type { DeliveredItem } from "@disheap/core";
import { decodeLeaseToken } from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken, type Rule } from "../../oracle.js";
import {
  nameOf,
  seenHappening,
  type GroupRecord,
  type Happening,
  type Ledger,
  type MessageRecord,
} from "../entries/ledger.js";
import { leaseName } from "./leases-named.js";
import type { Watched } from "../views/watched.js";

/** What expired so lately may be on its way back. */
const ON_ITS_WAY_US = 5_000_000;

export class Undelivered implements Rule {
  private world: Watched | undefined;
  private readonly ledger: Ledger;
  private readonly written = new Set<string>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  attach(world: Watched): void {
    this.world = world;
  }

  itemWritten(_node: number, _streamId: number, item: DeliveredItem): void {
    const token = decodeLeaseToken(item.leaseToken);
    if (token) this.written.add(leaseName(token.group, token, token.fence));
  }

  finish(): void {
    // The ledger knows deleted topics as well; nothing goes back to those.
    const live = new Set(
      (this.world?.nodes ?? []).flatMap(({ number }) => [
        ...(this.world?.host(number)?.context.groups.keys() ?? []),
      ]),
    );
    for (const group of this.ledger.all()) if (live.has(group.group)) this.checkGroup(group);
  }

  private checkGroup(group: GroupRecord): void {
    for (const message of group.messages.values()) {
      if (message.standing === "acked") continue;
      for (const [fence, expiry] of message.expired) this.check(message, fence, expiry);
    }
  }

  private check(message: MessageRecord, fence: number, expiry: Happening): void {
    const grant = message.grants.find((g) => g.fence === fence);
    const endUs = this.world?.queue.nowUs ?? 0;
    if (!grant || endUs - expiry.entry.atUs < ON_ITS_WAY_US) return;
    if (this.written.has(leaseName(message.group, message, fence))) return;
    if (this.world?.host(grant.edge)?.context.incarnation !== grant.edgeIncarnation) return;
    throw new RuleBroken({
      rule: "Q9",
      message:
        `${nameOf(message)}: lease ${fence} of n${grant.edge} was never delivered, expired, and costs an ` +
        `attempt: it has ${message.attempts} and is ${message.standing}`,
      first: seenHappening(grant.happening),
      second: seenHappening(expiry),
      about: aboutMessage(message.index, message.offset),
    });
  }
}

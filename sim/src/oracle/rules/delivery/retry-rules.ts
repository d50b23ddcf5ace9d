// How deliveries are counted:
//   Q9 attempts grow by one per grant and fall by one per delivery that is given back, in time or late; a
//      failure keeps them;
//   Q10 dead exactly when attempts exceed the message's retries and the topic has dead letters on.

import {
  broken,
  type GroupRecord,
  type Happening,
  type MessageRecord,
  type MessageRule,
} from "../entries/ledger.js";

export class RetryRules implements MessageRule {
  event(now: Happening, message: MessageRecord | undefined, group: GroupRecord): void {
    const { event } = now;
    if (!message) return;
    if (event.kind === "message.granted") {
      if (event.attempts !== message.attempts + 1) {
        const count = `attempts went from ${message.attempts} to ${event.attempts}`;
        broken("Q9", `${count} at a grant`, now, message.last);
      }
      return;
    }
    if (event.kind === "message.taken-back" && event.attempts !== message.attempts - 1) {
      const count = `attempts went from ${message.attempts} to ${event.attempts}`;
      broken("Q9", `${count} at a late give-back`, now, message.last);
    }
    if (event.kind !== "message.nacked" && event.kind !== "message.expired") return;
    if (event.attempts !== message.attempts) {
      const count = `attempts went from ${message.attempts} to ${event.attempts}`;
      broken("Q9", `${count} at a failed delivery`, now, message.last);
    }
    const isSpent = message.attempts > message.maxRetries;
    const limits = `after ${message.attempts} deliveries with ${message.maxRetries} retries`;
    if (event.outcome === "dead" && !(isSpent && group.dlqEnabled)) {
      const why = group.dlqEnabled ? limits : "although the topic has no dead letters";
      broken("Q10", `went to the dead letters ${why}`, now, message.last);
    }
    if (event.outcome !== "dead" && isSpent && group.dlqEnabled) {
      broken("Q10", `did not go to the dead letters ${limits}`, now, message.last);
    }
  }
}

// What may happen to a message and its lease:
//   Q3 exclusive: nothing is granted while a lease is open in group time;
//   Q4 fences grow by one per grant for ever, and only the live lease's fence settles or moves it;
//   Q5 no resurrection: nothing happens to a message after its acknowledgement;
//   Q6 an extension only prolongs a live lease, never beyond 12 h from its grant; a shortening never
//      prolongs;
//   Q10 nothing happens to a dead message, but that the late give-back of the very lease whose expiry moved
//      it there takes the move back (D-91);
//   Q9 a lease is given back once, late only after it ended by expiry: never after it was settled;
//   Q11 nothing is granted before its not-before.

import { LIMITS } from "../../spec/limits.js";
import { broken, type Happening, type MessageRecord, type MessageRule } from "../entries/ledger.js";

/** The grant of the open lease. */
function openGrant(message: MessageRecord): Happening {
  return message.grants.at(-1)?.happening ?? message.last;
}

export class LeaseRules implements MessageRule {
  event(now: Happening, message: MessageRecord | undefined): void {
    const { event } = now;
    if (event.kind === "message.enqueued") {
      if (message) broken("Q2", "it was enqueued a second time", now, message.last);
      return;
    }
    if (!message) {
      broken("Q2", `${event.kind} although it was never enqueued`, now, undefined);
    }
    if (event.kind === "message.duplicate") return;
    if (message.standing === "acked") {
      broken("Q5", `${event.kind} after it was acknowledged`, now, message.last);
    }
    if (event.kind === "message.taken-back") {
      takenBack(now, event.fence, message);
      return;
    }
    if (message.standing === "dead") {
      broken("Q10", `${event.kind} after it went to the dead letters`, now, message.last);
    }
    if (event.kind === "message.granted") this.granted(now, event.fence, message);
    else if (event.kind === "message.ready") {
      if (message.standing !== "delayed") {
        broken(
          "Q11",
          `it turned ready by time while it was ${message.standing}`,
          now,
          message.last,
        );
      }
    } else this.onLease(now, event, message);
  }

  private granted(now: Happening, fence: number, message: MessageRecord): void {
    const { stampMs } = now.entry;
    if (message.standing === "leased") {
      const state =
        message.untilMs > stampMs ? `live until ${message.untilMs}` : "over but not expired";
      broken("Q3", `granted while lease ${message.fence} is ${state}`, now, openGrant(message));
    }
    if (message.standing === "delayed") {
      broken("Q11", `granted while it is delayed until ${message.untilMs}`, now, message.last);
    }
    if (fence <= message.fence) {
      broken(
        "Q4",
        `granted with fence ${fence} after fence ${message.fence}`,
        now,
        openGrant(message),
      );
    }
    if (fence !== message.fence + 1) {
      broken("Q4", `its fence jumped from ${message.fence} to ${fence}`, now, message.last);
    }
  }

  private onLease(
    now: Happening,
    event: Extract<Happening["event"], { fence: number }>,
    message: MessageRecord,
  ): void {
    const what = event.kind.slice("message.".length);
    if (message.standing !== "leased") {
      broken("Q4", `${what} while it is ${message.standing}: no lease is open`, now, message.last);
    }
    if (event.fence !== message.fence) {
      broken(
        "Q4",
        `${what} with fence ${event.fence}, but the live lease has fence ${message.fence}`,
        now,
        openGrant(message),
      );
    }
    const isByToken = what === "acked" || what === "nacked" || what === "extended";
    if (isByToken && message.untilMs <= now.entry.stampMs) {
      const lease = `lease ${message.fence} was over at ${message.untilMs}`;
      broken("Q4", `${what} although ${lease}`, now, openGrant(message));
    }
    if (event.kind === "message.extended") extended(now, event.deadlineMs, message);
    if (event.kind === "message.shortened" && event.deadlineMs > message.untilMs) {
      const to = `from ${message.untilMs} to ${event.deadlineMs}`;
      broken("Q6", `a shortening moved its deadline ${to}`, now, message.last);
    }
  }
}

function takenBack(now: Happening, fence: number, message: MessageRecord): void {
  const lease = `lease ${fence}`;
  const before = message.givenBack.get(fence);
  if (before) broken("Q9", `${lease} was given back a second time`, now, before);
  const settled = message.nacked.get(fence);
  if (settled) broken("Q9", `${lease} was given back after it was settled`, now, settled);
  if (!message.expired.has(fence)) {
    broken("Q9", `${lease} was taken back late, but it never expired`, now, message.last);
  }
}

function extended(now: Happening, deadlineMs: number, message: MessageRecord): void {
  if (deadlineMs < message.untilMs) {
    const to = `from ${message.untilMs} to ${deadlineMs}`;
    broken("Q6", `an extension moved its deadline back ${to}`, now, message.last);
  }
  const grant = message.grants.at(-1);
  if (grant && deadlineMs > grant.grantedMs + LIMITS.leaseLifeMaxMs) {
    const life = `granted at ${grant.grantedMs}, the deadline is now ${deadlineMs}`;
    broken("Q6", `extended beyond 12 h: ${life}`, now, grant.happening);
  }
}

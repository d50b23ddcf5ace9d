// T1: of an atomic batch all messages become visible or none. A member is visible when its id was
// delivered or remained; members of unknown outcome are recognised by their payload, which is a
// hash and unique in the histories this is meant for.
import type { Enqueue, QueueHistory } from "./queue-history.js";
import { messageKey, topicFacts } from "./queue-history.js";
import { FirstViolation } from "./first-violation.js";
import type { Violation } from "./violation.js";

/** The line that shows a member, -1 for hidden, undefined when the history cannot tell. */
type Sight = number | undefined;

class Sightings {
  readonly #history: QueueHistory;
  readonly #byContent = new Map<string, number>();
  readonly #writers = new Map<string, number>();
  readonly #vague = new Set<string>();

  constructor(history: QueueHistory) {
    this.#history = history;
    for (const enqueue of history.enqueues) {
      const key = messageKey(enqueue.topic, enqueue.payload);
      this.#writers.set(key, (this.#writers.get(key) ?? 0) + 1);
    }
    for (const record of history.messages.values()) {
      for (const { payload, ret } of record.deliveries) this.#see(record.topic, payload, ret);
      for (const { payload, index } of record.remaining) {
        if (payload !== undefined) this.#see(record.topic, payload, index);
        else if (record.enqueues.length === 0) this.#vague.add(record.topic);
      }
    }
  }

  of(member: Enqueue): Sight {
    if (member.outcome === "fail") return -1;
    if (member.messageId !== undefined) return member.ret;
    if ((this.#writers.get(messageKey(member.topic, member.payload)) ?? 0) > 1) return undefined;
    const seen = this.#byContent.get(messageKey(member.topic, member.payload));
    if (seen !== undefined) return seen;
    const facts = topicFacts(this.#history, member.topic);
    if (facts.drainedAt < 0 || facts.lossy || this.#vague.has(member.topic)) return undefined;
    // Taken by a pop nobody saw the end of and acked by nobody: it would have remained.
    return -1;
  }

  #see(topic: string, payload: string, index: number): void {
    const key = messageKey(topic, payload);
    const known = this.#byContent.get(key);
    if (known === undefined || index < known) this.#byContent.set(key, index);
  }
}

export function checkBatches(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "T1");
  const batches = new Map<string, Enqueue[]>();
  for (const enqueue of history.enqueues) {
    if (enqueue.batch === undefined) continue;
    const members = batches.get(enqueue.batch);
    if (members === undefined) batches.set(enqueue.batch, [enqueue]);
    else members.push(enqueue);
  }
  if (batches.size === 0) return undefined;
  const sightings = new Sightings(history);
  for (const [batch, members] of batches) {
    const sights = members.map((member) => ({ member, seen: sightings.of(member) }));
    const visible = sights.find(({ seen }) => seen !== undefined && seen >= 0);
    const hidden = sights.find(({ seen }) => seen === -1);
    if (visible?.seen === undefined || hidden === undefined) continue;
    const answered = Number.isFinite(hidden.member.ret);
    const { drainedAt } = topicFacts(history, hidden.member.topic);
    first.offer(
      // That a member nobody answered is hidden is known only at the end.
      [visible.seen, hidden.member.call, answered ? hidden.member.ret : drainedAt],
      () =>
        `batch ${batch} is torn: payload ${visible.member.payload} became visible and payload ` +
        `${hidden.member.payload} did not`,
    );
  }
  return first.get();
}

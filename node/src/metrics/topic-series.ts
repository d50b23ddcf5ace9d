// Which topics have series of their own on this node, and which of them are gone: a topic that was deleted
// takes its series with it, also on a node that only took calls for it. A topic that this node has not heard
// of yet is not gone: a call for it may be answered before this node applies its creation.

/** So many samples a topic may be unknown before it counts as gone. */
const UNKNOWN_MAX = 5;

export class TopicSeries {
  /** Whether it was ever known, and samples since it was. */
  private readonly topics = new Map<string, { wasKnown: boolean; missed: number }>();

  /** A series with this label was touched. */
  touch(topic: string): void {
    if (!this.topics.has(topic)) this.topics.set(topic, { wasKnown: false, missed: 0 });
  }

  /** Compares with the topics that there are; those that are gone are returned once. */
  takeGone(known: ReadonlySet<string>): readonly string[] {
    const gone: string[] = [];
    for (const [topic, seen] of this.topics) {
      if (known.has(topic)) {
        seen.wasKnown = true;
        seen.missed = 0;
        continue;
      }
      seen.missed += 1;
      if (!seen.wasKnown && seen.missed < UNKNOWN_MAX) continue;
      this.topics.delete(topic);
      gone.push(topic);
    }
    return gone;
  }
}

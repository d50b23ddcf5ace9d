// A sum that lacks partitions says so: those that could not be asked count for nothing in it.
import type { TopicStats } from "@disheap/client";

/** A line for each topic with such partitions, below a table of counters. */
export function uncountedText(topics: Iterable<readonly [string, TopicStats]>): string {
  return [...topics]
    .map(([topic, { partitions }]) => {
      const mute = partitions.filter(({ healthy }) => !healthy).map(({ partition }) => partition);
      if (mute.length === 0) return "";
      const which = mute.length === 1 ? "partition" : "partitions";
      return `Not counted: ${which} ${mute.join(", ")} of ${topic}, without a leader that answers.\n`;
    })
    .join("");
}

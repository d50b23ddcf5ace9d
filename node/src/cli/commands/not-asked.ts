// What is said when a pop ends early because partitions do not answer: which they are, as far as the cluster
// can tell, and what can be done.
import { type DisheapClient, DisheapNotFoundError, type PartitionInfo } from "@disheap/client";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, exitCodes } from "../exit-codes.js";

export type Asked = readonly PartitionInfo[] | Error;

interface EarlyEnd {
  taken: number;
  count: number;
  /** As given; undefined: all of the topic. */
  partitions?: number[];
  /** Began when it became quiet: a node takes a while to find out that somebody does not answer. */
  asking: Promise<Asked>;
}

/** So long the answer is waited for at the end. */
const askingMs = 1_500;

/** How the partitions of the topic are, or why that is not known. */
export async function askPartitions(client: DisheapClient, topic: string): Promise<Asked> {
  try {
    return (await client.stats(topic)).topics.get(topic)?.partitions ?? [];
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The error of a pop that took `taken` of `count`. */
export async function notAsked(topic: string, end: EarlyEnd): Promise<Error> {
  const { taken, count, partitions, asking } = end;
  const took = taken === 0 ? "Nothing was taken" : `${taken} of ${count} were taken`;
  const late = new Error("No node told in time.");
  const asked = await Promise.race([asking, sleep(askingMs, late, { ref: false })]);
  if (asked instanceof DisheapNotFoundError) return asked;
  if (asked instanceof Error) {
    return unavailable(
      `${took} from ${topic}: which partitions do not answer is unknown. ${asked.message}`,
    );
  }
  const isMeant = (partition: number): boolean => partitions?.includes(partition) ?? true;
  const [mute, live] = [false, true].map((isHealthy) =>
    asked
      .filter(({ healthy, partition }) => healthy === isHealthy && isMeant(partition))
      .map(({ partition }) => partition),
  ) as [number[], number[]];
  if (mute.length === 0) {
    return unavailable(
      `${took} from ${topic}: a partition did not answer in time; all of them have a leader again. Try again.`,
    );
  }
  const which = mute.length === 1 ? `partition ${mute[0]}` : `partitions ${mute.join(", ")}`;
  const others =
    live.length === 0 ? "" : ` or take from the others: --partitions ${live.join(",")}`;
  return unavailable(
    `${took} from ${topic}: ${which} could not be asked for want of a leader. ` +
      `See which node is down: disheap cluster status${others}`,
  );
}

function unavailable(text: string): CommandError {
  return new CommandError(text, "UNAVAILABLE", exitCodes.unreachable);
}

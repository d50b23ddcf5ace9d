// Where the partitions of a topic live and how full they are.
import type { PartitionInfo } from "@disheap/client";
import { renderTable } from "../table.js";
import type { Paint } from "../terminal.js";

export function partitionTable(partitions: readonly PartitionInfo[], paint: Paint): string {
  return renderTable(
    [
      { title: "PARTITION", align: "right" },
      { title: "MESSAGES", align: "right" },
      { title: "INFLIGHT", align: "right" },
      { title: "LEADER" },
      { title: "REPLICAS" },
      { title: "HEALTH" },
    ],
    partitions.map((partition) => [
      `${partition.partition}`,
      `${partition.messages}`,
      `${partition.inflight}`,
      partition.leader === "" ? { text: "none", style: "red" as const } : partition.leader,
      partition.replicas.join(","),
      partition.healthy
        ? { text: "ok", style: "green" as const }
        : { text: "not healthy", style: "red" as const },
    ]),
    paint,
  );
}

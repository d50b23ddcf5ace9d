// Where the time of an operation goes: the stages that the node times, each with the sentence that the
// metrics page shows. Every stage is measured alone; they overlap, so their sum means nothing.

export const STAGES = {
  turn: "from the first event that arrives to the round of the node's loop that takes it in",
  queue: "an intent waits at its leader, beyond the round it came in, before it is in the log",
  network: "a heartbeat goes to another node and its answer comes back; no disk is in it",
  sync: "one batch is written to the store and synced",
  commit: "an entry that this node put into its log is committed: sent, synced by a majority",
  apply: "a committed entry waits until it is applied",
} as const;

export type Stage = keyof typeof STAGES;

export type ObserveStage = (stage: Stage, ms: number) => void;

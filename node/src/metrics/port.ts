// What the services measure, apart from how it is shown. Everything else in the metrics is read from the
// node's status on demand.

export interface ServiceMetrics {
  /** Rows that were enqueued with OK, each: from the decoded request to the answer. */
  enqueued(topic: string, ms: number, rows?: number): void;
  /** A message handed to a consumer's stream; the metric's help text defines the interval. */
  popped(topic: string, ms: number): void;
}

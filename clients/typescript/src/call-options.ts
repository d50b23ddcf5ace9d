// What single calls of the client can be told; those with more to say about it have files of their own.

export interface EnqueueOptions {
  priority?: bigint | number | undefined;
  /** Messages of one key share a partition. */
  partitionKey?: string | undefined;
  /** Not delivered before this long from now. */
  delayMs?: number | undefined;
  /** Default: the topic's. 0: the first failure is the last. */
  maxRetries?: number | undefined;
  /** false: sent without an identity, and so never again once its outcome is unknown. */
  producer?: false | undefined;
}

export interface DeleteOptions {
  /** Needed, or the token that a refused deletion hands out: all messages go. */
  force?: boolean | undefined;
  confirmationToken?: string | undefined;
}

export interface ListOptions {
  /** How many come with one answer, up to 1000; all are listed, whatever it is. */
  pageSize?: number | undefined;
}

export interface StatsOptions {
  partition?: number | undefined;
}

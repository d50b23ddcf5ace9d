/** Where the first message of a sequence stands, and when it was enqueued: its id needs both. */
export interface MessagePlace {
  readonly index: number;
  readonly offset: number;
  readonly stampMs: number;
}

// What Disheap's recorders write as `value`, per operation name. int64 and uint64 are decimal
// strings, a payload is its hash, times in milliseconds are the partition's own group time.

/** A 64-bit integer as decimal text. */
type Int64 = string;

interface EnqueueInvoke {
  readonly topic: string;
  readonly payload: string;
  readonly priority: Int64;
  readonly partitionKey?: string;
  readonly producer?: string;
  readonly epoch?: Int64;
  readonly sequence?: Int64;
  readonly delayMs?: number;
  readonly maxRetries?: number;
  /** Set on the members of one atomic batch, each recorded as an operation of its own. */
  readonly batch?: string;
}

interface EnqueueOk {
  readonly messageId: string;
  readonly partition: number;
  readonly duplicate: boolean;
}

/** One operation per credit: invoked when the credit is sent, ok at a delivery, credits in order. */
interface PopInvoke {
  readonly topic: string;
  /** New for every stream that is opened, also by the same consumer. */
  readonly stream: string;
  readonly partitions?: readonly number[];
  readonly visibilityMs?: number;
}

interface PopOk {
  readonly topic: string;
  readonly messageId: string;
  readonly partition: number;
  readonly payload: string;
  readonly priority: Int64;
  readonly attempts: number;
  readonly maxRetries: number;
  readonly fence: number;
  readonly enqueuedMs: number;
  readonly deadlineMs: number;
}

interface AckInvoke {
  readonly topic: string;
  readonly messageId: string;
  readonly fence: number;
}

interface NackInvoke extends AckInvoke {
  readonly backoffMs?: number;
}

interface ExtendInvoke extends AckInvoke {
  readonly extensionMs: number;
}

export interface FailValue {
  readonly code: string;
}

interface ReadInvoke {
  readonly topic: string;
}

/** Invoke and ok values by operation name `f`. `fail` carries `FailValue`, `info` anything. */
export interface DisheapOperations {
  readonly enqueue: { readonly invoke: EnqueueInvoke; readonly ok: EnqueueOk };
  readonly pop: { readonly invoke: PopInvoke; readonly ok: PopOk };
  readonly ack: { readonly invoke: AckInvoke; readonly ok: Record<string, never> };
  readonly nack: { readonly invoke: NackInvoke; readonly ok: Record<string, never> };
  /** The delivery was given back without an attempt; OK also after its lease ran out, once. */
  readonly release: { readonly invoke: AckInvoke; readonly ok: Record<string, never> };
  readonly extend: { readonly invoke: ExtendInvoke; readonly ok: Record<string, never> };
  readonly stats: { readonly invoke: ReadInvoke; readonly ok: object };
  readonly peek: { readonly invoke: ReadInvoke; readonly ok: object };
}

/** A topic as it was made. Written once, before the topic is used. */
interface TopicEvent {
  readonly topic: string;
  readonly mode: "MIN" | "MAX";
  readonly partitions: number;
  readonly maxRetries: number;
  readonly dlq: boolean;
  readonly visibilityMs?: number;
}

/** A message that was still there at the end. The optional fields allow sharper checks. */
interface RemainingEvent {
  readonly topic: string;
  readonly messageId: string;
  readonly state: "ready" | "delayed" | "leased" | "dlq";
  readonly attempts?: number;
  readonly fence?: number;
  readonly priority?: Int64;
  readonly payload?: string;
}

/** A lease ended by the cluster (expiry or shortening) at `atMs` group time. */
interface LeaseExpiredEvent {
  readonly topic: string;
  readonly messageId: string;
  readonly fence: number;
  readonly atMs: number;
}

/** All clients are done and every message left in the topic has its `remaining` event. */
interface DrainedEvent {
  readonly topic: string;
}

/** A client asks to delete the topic; another may have its name from here on. */
interface DeletedEvent {
  readonly topic: string;
}

/** A message that left by its retention time, not by an ack. */
interface ExpiredEvent {
  readonly topic: string;
  readonly messageId: string;
}

/** Event values by event name `f`; events with other names are kept and ignored. */
export interface DisheapEvents {
  readonly topic: TopicEvent;
  readonly remaining: RemainingEvent;
  readonly "lease.expired": LeaseExpiredEvent;
  readonly drained: DrainedEvent;
  readonly expired: ExpiredEvent;
  readonly deleted: DeletedEvent;
}

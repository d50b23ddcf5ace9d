// What a client asks of a node and what it hears back, as plain data: the seam between the host
// (pure) and whatever carries the public contract (gRPC in node/, the workload in sim/).
// 64-bit integers travel as two halves: `hi` signed for priorities, unsigned for counters; `lo`
// unsigned. Times are milliseconds. Topic names and ids are strings, payloads bytes.

/** Status codes of the public contract (wire contract, section 5). */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "RESOURCE_EXHAUSTED"
  | "UNIMPLEMENTED"
  | "INTERNAL";

/** An operating error: never thrown across the core. `message` says what to do next. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Extra trailer for destructive operations (wire contract, section 14). */
  readonly confirmationToken?: string;
}

export type Mode = "MIN" | "MAX";

/** Producer triple of an idempotent enqueue; epoch and sequence are unsigned 64-bit in halves. */
export interface ProducerTriple {
  readonly producerId: string;
  readonly epochHi: number;
  readonly epochLo: number;
  readonly sequenceHi: number;
  readonly sequenceLo: number;
}

/** A triple as a client sends it: less than all of it does nothing (wire contract, section 12). */
export type ProducerTripleInput = { readonly [K in keyof ProducerTriple]?: ProducerTriple[K] };

export interface TopicSettings {
  readonly mode: Mode;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly topKBound: number;
  readonly retentionMs: number;
  readonly visibilityMs: number;
  readonly maxRetries: number;
  readonly maxPayloadBytes: number;
  readonly compression: boolean;
  readonly dlqEnabled: boolean;
  readonly dlqRetentionMs: number;
}

/**
 * Settings as a client sends them: what is absent takes its default (wire contract, section 3). The mode is
 * whatever was written where it belongs.
 */
export type TopicSettingsInput = {
  readonly [K in keyof TopicSettings]?: K extends "mode" ? string : TopicSettings[K];
};

export type ClientRequest =
  | { readonly op: "topic.create"; readonly topic: string; readonly settings: TopicSettingsInput }
  | {
      readonly op: "topic.delete";
      readonly topic: string;
      readonly force: boolean;
      readonly confirmationToken: string;
      /** Only this very topic is meant, and not one that was made later under its name (D-99). */
      readonly ifHeapId?: string;
    }
  | { readonly op: "topic.list"; readonly pageSize: number; readonly pageToken: string }
  | { readonly op: "stats"; readonly topic?: string; readonly partitionId?: number }
  | {
      readonly op: "peek";
      readonly topic: string;
      readonly partitionId?: number;
      readonly limit: number;
      readonly includeDlq: boolean;
    }
  | {
      readonly op: "enqueue";
      readonly topic: string;
      readonly payload: Uint8Array;
      readonly priorityHi: number;
      readonly priorityLo: number;
      readonly partitionKey?: string;
      readonly producer?: ProducerTripleInput;
      readonly maxRetries?: number;
      readonly delayMs?: number;
    }
  | {
      readonly op: "ack";
      readonly topic: string;
      readonly messageId: string;
      readonly leaseToken: string;
    }
  | {
      readonly op: "nack";
      readonly topic: string;
      readonly messageId: string;
      readonly leaseToken: string;
      readonly backoffMs?: number;
    }
  /** Gives a delivery back that was not started: no attempt is counted (D-91). */
  | {
      readonly op: "release";
      readonly topic: string;
      readonly messageId: string;
      readonly leaseToken: string;
    }
  | {
      readonly op: "extend";
      readonly topic: string;
      readonly leaseToken: string;
      readonly extensionMs: number;
    };

export interface PartitionCounts {
  readonly partitionId: number;
  readonly messages: number;
  readonly inflight: number;
  readonly leaderNode: string;
  readonly replicaNodes: readonly string[];
  readonly isHealthy: boolean;
}

/** Counters of a topic or of the cluster; safe integers. */
export interface Counts {
  totalMessages: number;
  inflightMessages: number;
  dlqMessages: number;
  totalEnqueues: number;
  totalPops: number;
  totalAcks: number;
  totalNacks: number;
  totalRetries: number;
  totalTimeouts: number;
}

export interface TopicCounts extends Counts {
  readonly partitions: readonly PartitionCounts[];
}

export interface TopicInfo {
  readonly topic: string;
  readonly heapId: string;
  readonly settings: TopicSettings;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly counts?: TopicCounts;
}

export interface PeekedMessage {
  readonly messageId: string;
  readonly partitionId: number;
  readonly payload: Uint8Array;
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly enqueuedMs: number;
  readonly attempts: number;
  readonly maxRetries: number;
  readonly isLeased: boolean;
  readonly leaseDeadlineMs?: number;
  readonly inDlq: boolean;
  readonly producer?: ProducerTriple;
}

export type ClientResult =
  | { readonly ok: false; readonly failure: Failure }
  | { readonly ok: true; readonly op: "topic.create"; readonly heapId: string }
  | { readonly ok: true; readonly op: "topic.delete" }
  | {
      readonly ok: true;
      readonly op: "topic.list";
      readonly topics: readonly TopicInfo[];
      readonly nextPageToken: string;
    }
  | {
      readonly ok: true;
      readonly op: "stats";
      readonly global: Counts;
      readonly topics: ReadonlyMap<string, TopicCounts>;
    }
  | {
      readonly ok: true;
      readonly op: "peek";
      readonly items: readonly PeekedMessage[];
      readonly hasMore: boolean;
    }
  | {
      readonly ok: true;
      readonly op: "enqueue";
      readonly messageId: string;
      readonly duplicate: boolean;
      readonly partitionId: number;
    }
  | { readonly ok: true; readonly op: "ack" | "nack" | "release" | "extend" };

/** One delivery, written to a consumer's stream. `fence` only grows per message (D-13). */
export interface DeliveredItem {
  readonly messageId: string;
  readonly topic: string;
  readonly partitionId: number;
  readonly payload: Uint8Array;
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly enqueuedMs: number;
  readonly leaseToken: string;
  readonly leaseDeadlineMs: number;
  readonly fence: number;
  readonly attempts: number;
  readonly maxRetries: number;
  readonly producer?: ProducerTriple;
}

/**
 * Events a client causes. `requestId` and `streamId` are numbers the carrier chooses, unique while
 * the process lives. A stream is opened by its first filter or credits (either order).
 */
export type ClientEvent =
  | {
      readonly kind: "client.request";
      readonly requestId: number;
      readonly request: ClientRequest;
    }
  | {
      readonly kind: "stream.filter";
      readonly streamId: number;
      readonly topic: string;
      readonly partitionIds: readonly number[];
      readonly visibilityMs?: number;
    }
  | { readonly kind: "stream.credits"; readonly streamId: number; readonly credits: number }
  /** No more credits can come: deliver until they are spent or nothing is ready, then end OK. */
  | { readonly kind: "stream.half-close"; readonly streamId: number }
  /** The transport took the next `count` items, in the order in which they were handed over. */
  | { readonly kind: "stream.written"; readonly streamId: number; readonly count: number }
  /** The next `count` items were not taken and never will be: they are undelivered. */
  | { readonly kind: "stream.returned"; readonly streamId: number; readonly count: number }
  /** After a recall: the transport takes items again. */
  | { readonly kind: "stream.drained"; readonly streamId: number }
  /** The client is gone: undelivered grants return at once, delivered leases shorten to the grace. */
  | { readonly kind: "stream.cancel"; readonly streamId: number }
  | SessionEvent;

/**
 * Of a client's session, whose frames come as bytes (D-82). `sessionId` is a number that the carrier chooses, unique
 * while the process lives; the first frame opens it.
 */
export type SessionEvent =
  | { readonly kind: "session.frame"; readonly sessionId: number; readonly frame: Uint8Array }
  /** The transport took the next `batches` of deliveries, and the next `words`, in the order in which they were handed over. */
  | {
      readonly kind: "session.written";
      readonly sessionId: number;
      readonly batches: number;
      readonly words: number;
    }
  /** The next `batches` of deliveries were not taken and never will be: they are undelivered. */
  | { readonly kind: "session.returned"; readonly sessionId: number; readonly batches: number }
  /** After a recall: the transport takes something again. */
  | { readonly kind: "session.drained"; readonly sessionId: number }
  /** The client sends nothing more: it ends the session in order. */
  | { readonly kind: "session.half-close"; readonly sessionId: number }
  /** The link is broken. */
  | { readonly kind: "session.gone"; readonly sessionId: number };

/**
 * What goes into the frames of a session, in order. The bytes are made when the transport takes it: only then its
 * deliveries get their numbers, and what is left of their leases is known.
 */
export interface SessionPart {
  /** Deliveries of one consumer, whose leases end together. 0: words (answers, ends, routes), which never go back. */
  readonly rows: number;
  /** Deliveries may be written within this time; then their leases are over and they are returned. */
  readonly leaseLeftMs: number;
  /** Fields of a SessionOut; one after the other, those of several parts are a frame. */
  encode(firstDelivery: number, leaseLeftMs: number): Uint8Array;
}

/**
 * What the carrier must do for a client. Replies leave only after what they promise is durable. Every
 * item is settled once, by `stream.written` or `stream.returned`; a cancel settles the rest as returned.
 */
export type ClientEffect =
  | {
      readonly kind: "client.reply";
      readonly requestId: number;
      readonly result: ClientResult;
    }
  | {
      readonly kind: "stream.item";
      readonly streamId: number;
      readonly item: DeliveredItem;
      /** It may be written within this time; then its lease is over and it is returned. */
      readonly leaseLeftMs: number;
    }
  /** Return what the transport has not taken, and say `stream.drained` when it takes items again. */
  | { readonly kind: "stream.recall"; readonly streamId: number }
  /** Return what the transport has not taken, then end; `failure` absent: with OK. */
  | { readonly kind: "stream.end"; readonly streamId: number; readonly failure?: Failure }
  /** To be written, in one frame or several; batches of deliveries are settled as the items of a stream are. */
  | {
      readonly kind: "session.parts";
      readonly sessionId: number;
      readonly parts: readonly SessionPart[];
    }
  /** Return what the transport has not taken of deliveries, and say `session.drained` when it takes something again. */
  | { readonly kind: "session.recall"; readonly sessionId: number }
  /** Return deliveries as above, and end the call once all words are written, or when that takes too long. */
  | { readonly kind: "session.end"; readonly sessionId: number; readonly failure?: Failure };

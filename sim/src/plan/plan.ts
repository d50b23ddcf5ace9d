// A plan is everything that decides a run, as data (D-61): topology, settings, what clients do when, and
// which faults happen when. It can be printed, edited, shrunk and replayed without its seed. What is
// still decided while running (per frame, per site) is a counter-based draw from `seedHi/seedLo`.

import type { DefaultsConfig, LimitsConfig, Mode, TimingConfig } from "@disheap/core";
import type { DiskSettings } from "../world/disk-settings.js";
import type { NetworkSettings } from "../world/network-settings.js";

export interface TopicPlan {
  readonly topic: string;
  readonly mode: Mode;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly visibilityMs: number;
  readonly maxRetries: number;
  readonly dlq: boolean;
  /** Undefined: the default. */
  readonly maxPayloadBytes?: number;
}

/** What a consumer does with its deliveries; shares are per million, decided per delivery by a draw. */
export interface ConsumerHabits {
  readonly ack: number;
  readonly nack: number;
  /** The rest is never settled. */
  readonly repeatAck: number;
  readonly extend: number;
  readonly staleSettle: number;
  /** Some first try a token that nobody was given; absent in plans of honest people. */
  readonly forge?: number;
  readonly thinkMaxMs: number;
  /** Some settle after the lease is over. */
  readonly late: number;
  readonly backoffMaxMs: number;
  /** Settle through another node than the one that delivered. */
  readonly otherNode: number;
}

/** What a consumer gives back without an attempt; shares are per million, decided per delivery by a draw. */
export interface GiveBackHabits {
  /** Given back instead of settled. */
  readonly share: number;
  /** Of those, after the lease is over. */
  readonly late: number;
  readonly twice: number;
  /** Of the rejected ones, given back as well. */
  readonly nacked: number;
  /** It gives back what it has not started before it cancels. */
  readonly leaves: boolean;
}

/** A consumer that does not read for a while. */
export interface ReadPause {
  /** After the consumer's start. */
  readonly afterMs: number;
  readonly forMs: number;
  /** Items that its transport takes meanwhile. */
  readonly room: number;
}

export type OperationPlan =
  | {
      readonly type: "enqueue";
      readonly atMs: number;
      readonly node: number;
      readonly topic: string;
      readonly id: number;
      /** Decimal int64. */
      readonly priority: string;
      readonly bytes: number;
      readonly delayMs: number;
      readonly maxRetries: number | undefined;
      readonly key: string | undefined;
      /** Set: with a producer triple; the sequence is `id`, and repeats follow through other nodes. */
      readonly producer: string | undefined;
      readonly repeats: readonly { readonly afterMs: number; readonly node: number }[];
    }
  | {
      readonly type: "consume";
      readonly atMs: number;
      readonly untilMs: number;
      readonly node: number;
      readonly topic: string;
      readonly id: number;
      readonly credits: number;
      readonly refill: boolean;
      readonly visibilityMs: number;
      readonly partitions: readonly number[];
      readonly end: "cancel" | "half-close" | "abandon";
      readonly habits: ConsumerHabits;
      /** Absent in plans of people who give nothing back. */
      readonly givesBack?: GiveBackHabits;
      /** When it does not read; absent in plans of people who always do. */
      readonly pauses?: readonly ReadPause[];
    }
  | {
      readonly type: "read";
      readonly atMs: number;
      readonly node: number;
      readonly what: "stats" | "peek" | "list";
      readonly topic: string;
      readonly id: number;
      /** Of a peek; absent: 50. */
      readonly limit?: number;
    }
  | {
      readonly type: "delete";
      readonly atMs: number;
      readonly node: number;
      readonly topic: string;
      /** Others who delete the same topic, each through a node of its own, about that time. */
      readonly rivals?: readonly { readonly afterMs: number; readonly node: number }[];
      /** The topic that comes after it has its name too. */
      readonly isSameName?: boolean;
      /** Its client asks once and looks at no answer: whatever it began has to end by itself. */
      readonly walksAway?: boolean;
    };

export type FaultPlan =
  | {
      readonly kind: "net.loss" | "net.duplicate" | "net.delay";
      readonly atMs: number;
      readonly untilMs: number;
      readonly from: number;
      readonly to: number;
      readonly perMillion: number;
      readonly meanUs: number;
    }
  | {
      readonly kind: "net.partition";
      readonly atMs: number;
      readonly untilMs: number;
      /** Nodes on one side; all links to the other side are cut. */
      readonly side: readonly number[];
    }
  | {
      readonly kind: "net.oneway" | "net.clog";
      readonly atMs: number;
      readonly untilMs: number;
      readonly from: number;
      readonly to: number;
    }
  | {
      /** Appends of whoever leads the topic's first partition then are lost; all else of it arrives. */
      readonly kind: "net.mute";
      readonly atMs: number;
      readonly untilMs: number;
      readonly topic: string;
    }
  | {
      readonly kind: "net.reset";
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: "disk.stall";
      readonly atMs: number;
      readonly untilMs: number;
      readonly node: number;
    }
  | {
      /** The disk of whoever leads the topic's first partition then. */
      readonly kind: "disk.stall-leader";
      readonly atMs: number;
      readonly untilMs: number;
      readonly topic: string;
    }
  | {
      readonly kind: "proc.crash";
      readonly atMs: number;
      /** Back after this long. */
      readonly downMs: number;
      readonly nodes: readonly number[];
      /** Crash at the first boundary of this kind in the second after `atMs`, else at its end. */
      readonly boundary:
        | "now"
        | "write.submitted"
        | "write.durable"
        | "write.completed"
        | "deletion.begun"
        | "identity.durable";
      /**
       * Damage while it is down: its replicas are lost for the rest of the run. `disk.wiped` empties the whole
       * directory; before the cluster is formed that does no harm.
       */
      readonly damage: "none" | "disk.dropped" | "disk.revert" | "disk.wiped";
    }
  | {
      /**
       * A replica of the topic's first partition cannot get past the next entry, for the rest of the run: it
       * breaks an invariant there (D-40), or cannot read it (D-89).
       */
      readonly kind: "replica.stop";
      readonly atMs: number;
      readonly topic: string;
      /** The one that leads then, else one that does not. */
      readonly isLeader: boolean;
      readonly how: "broken" | "unreadable";
    }
  | {
      /**
       * A follower of the topic's first partition is cut off; at the end of it the log on the leader's disk is
       * rotten, as far as it is not in memory.
       */
      readonly kind: "disk.rot";
      readonly atMs: number;
      readonly untilMs: number;
      readonly topic: string;
      /** Absent: altered. */
      readonly how?: "altered" | "missing";
    }
  | {
      readonly kind: "proc.pause";
      readonly atMs: number;
      readonly untilMs: number;
      readonly node: number;
    }
  | {
      /** Somebody starts a copy of a running node's data directory beside it (D-88). */
      readonly kind: "proc.copy";
      readonly atMs: number;
      readonly node: number;
    }
  | {
      /** A node of another version asks a group for what no leader of this one may take. */
      readonly kind: "peer.foreign";
      readonly atMs: number;
      readonly node: number;
      /** Whose first partition is asked; undefined: the meta group. */
      readonly topic: string | undefined;
      readonly what:
        | "unknown"
        | "cut-short"
        | "misplaced"
        | "begins"
        | "late-closing"
        | "late-deletion"
        // What only a leader makes: for an edge that is no member, and in another one's name.
        | "grants"
        | "replaces"
        // What an edge asks for itself only.
        | "closes";
    }
  | {
      readonly kind: "clock.skew" | "clock.jump";
      readonly atMs: number;
      readonly node: number;
      readonly offsetMs: number;
    };

/** Clients that use sessions (docs/api/session.md). */
interface SessionsPlan {
  /** Of enqueues, settles and consumers, per million. */
  readonly share: number;
  /** Shared sessions that break after a frame, per million frames. */
  readonly breaks: number;
}

export interface Plan {
  readonly version: 1;
  readonly seed: string;
  readonly seedHi: number;
  readonly seedLo: number;
  readonly nodes: number;
  /** Length of the phase with faults and load. */
  readonly durationMs: number;
  readonly limits: Partial<LimitsConfig>;
  /**
   * Over `limits`, per node: what leaders and edges go by may differ from node to node, and nothing of it
   * reaches apply (D-86). Absent: all nodes have the same.
   */
  readonly nodeLimits?: readonly Partial<LimitsConfig>[];
  /** What nodes are told beside it; absent: what they go by without settings. */
  readonly timing?: TimingConfig;
  readonly defaults?: Partial<DefaultsConfig>;
  /** A node that starts anew has the members in another order in its list; absent: in the same. */
  readonly turnsLists?: boolean;
  readonly network: NetworkSettings;
  readonly disk: DiskSettings;
  /** CPU cost of a turn and of each event in it, microseconds (D-64). */
  readonly turnCostUs: number;
  readonly eventCostUs: number;
  readonly disconnectGraceMs: number;
  readonly topics: readonly TopicPlan[];
  /** Absent: all clients make single calls. */
  readonly sessions?: SessionsPlan;
  readonly operations: readonly OperationPlan[];
  readonly faults: readonly FaultPlan[];
}

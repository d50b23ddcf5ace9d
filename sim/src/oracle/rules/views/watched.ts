// What the rules read of the world, as narrow views: the real world fits them, and so do the synthetic
// states of unit tests. Nothing here is ever written to.

import type { Block, MachineEvent, Partition, Role, TopicRecord } from "@disheap/core";
import type { Seen } from "../../oracle.js";

export interface LogView {
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly lastStampMs: number;
  /** Grows with every change of the blocks; logs of synthetic replicas do not say. */
  readonly changes?: number;
  /** 0 for index 0, -1 beyond the end. */
  termAt(index: number): number;
  blockAt(index: number): Block | undefined;
}

/** The Raft of a replica, in memory. */
export interface RaftView {
  readonly id: number;
  readonly term: number;
  readonly vote: number;
  readonly role: Role;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly durableIndex: number;
  readonly durableTerm: number;
  readonly voters: readonly number[];
  readonly log: LogView;
  readonly progress: ReadonlyMap<number, { readonly match: number }>;
  /** Of the core itself: throws when the state is not legal. Synthetic replicas have none. */
  assertInvariants?(blocks?: number): void;
}

/** One replica of a group on a node that is up. */
export interface ReplicaView {
  readonly raft: RaftView;
  readonly stoppedBecause?: string | undefined;
  readonly machine:
    | {
        readonly kind: "cluster";
        readonly cluster: { readonly topics: ReadonlyMap<string, TopicRecord> };
      }
    | { readonly kind: "partition"; readonly partition: Partition };
  /** What is not told to its end yet, and to whom. */
  readonly digests?: readonly { readonly edge: number }[];
}

export interface HostView {
  readonly isReady: boolean;
  readonly context: {
    readonly incarnation: number;
    readonly wallMs: number;
    readonly groups: ReadonlyMap<number, ReplicaView>;
    /** Something for the member has not left yet. */
    hasUnsent?(member: number): boolean;
  };
}

export interface NodeView {
  readonly number: number;
  readonly disk: { durableValue(key: string): Uint8Array | undefined };
  /** It must not take part: what it had synced is gone. */
  readonly isDamaged: boolean;
  /** Emptied before its cluster was formed: it may still become a member, or may have come too late. */
  readonly wasWiped?: boolean;
}

export interface Watched {
  readonly queue: { readonly nowUs: number };
  readonly nodes: readonly NodeView[];
  node(number: number): NodeView;
  host(number: number): HostView | undefined;
}

/** A place in time: an event's text is made only when a rule is broken. */
export interface SeenAt {
  readonly atUs: number;
  readonly node: number;
}

export function seen(at: SeenAt, text: string): Seen {
  return { atUs: at.atUs, node: at.node, text };
}

/** One number per (group, index) or (group, term): groups are below 2^21 in any run. */
export function pairKey(group: number, value: number): number {
  return group * 4294967296 + value;
}

/** A machine event in words. */
export function eventText(group: number, index: number, event: MachineEvent): string {
  const { kind, index: messageIndex, offset, ...rest } = event;
  const fields = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  const what = `message ${messageIndex}.${offset} ${kind.slice("message.".length)}`;
  return `entry ${index} of group ${group}: ${[what, ...fields].join(", ")}`;
}

/** One attempt of a forwarded request: its edge, the edge's incarnation, request and attempt. */
export function attemptOf(
  edge: number,
  message: {
    readonly edgeIncarnation: number;
    readonly requestId: number;
    readonly attempt: number;
  },
): string {
  return `n${edge}.${message.edgeIncarnation}.${message.requestId}.${message.attempt}`;
}

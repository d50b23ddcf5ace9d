// What a partition knows of the consumers' streams (D-7, D-21): per edge its newest incarnation, per
// stream the last round and how many it granted in it, which leases it holds, and which of its leases expired
// and are their messages' newest. A stream that was closed is remembered for a while, so that a late grant
// request takes nothing. Invariant:
//   STM1 a stream's rounds do not go back, what it was granted in one does not shrink, and a closed one has no more.

import { assert } from "../lib/assert.js";
import type { StreamName } from "../lib/stream-name.js";
import type { HasLevel } from "../machine/levels/level.js";
import { rowHash, type StateHash } from "../machine/state-hash.js";

export interface StreamState extends StreamName {
  round: number;
  /** Grants in `round` so far; what an undelivered release gives back is not subtracted. */
  granted: number;
  isClosed: boolean;
  /** Slots of the leases it holds. */
  leases: Set<number>;
  /** Slots of messages whose newest lease was this stream's, and expired (D-91). Decides nothing at apply. */
  expired: Set<number>;
}

interface EdgeState {
  incarnation: number;
  readonly streams: Map<number, StreamState>;
}

export class StreamTable {
  private readonly edges = new Map<number, EdgeState>();
  private readonly inForce: HasLevel;
  private readonly hash: StateHash;
  /** For closed streams without a lease, open or expired: nothing is ever put in. */
  private readonly none = new Set<number>();

  constructor(inForce: HasLevel, hash: StateHash) {
    this.inForce = inForce;
    this.hash = hash;
  }

  /** Newest incarnation seen of an edge, 0 when none. */
  incarnationOf(edge: number): number {
    return this.edges.get(edge)?.incarnation ?? 0;
  }

  /** The stream, made when new; undefined for an incarnation that was replaced. */
  open({ edge, edgeIncarnation, stream }: StreamName): StreamState | undefined {
    let state = this.edges.get(edge);
    if (!state) {
      state = { incarnation: edgeIncarnation, streams: new Map() };
      this.edges.set(edge, state);
      this.countEdge(edge, edgeIncarnation, true);
    }
    if (edgeIncarnation !== state.incarnation) return undefined;
    let found = state.streams.get(stream);
    if (!found) {
      found = {
        edge,
        edgeIncarnation,
        stream,
        round: 0,
        granted: 0,
        isClosed: false,
        leases: new Set(),
        expired: new Set(),
      };
      state.streams.set(stream, found);
      this.count(found, true);
    }
    return found;
  }

  find({ edge, edgeIncarnation, stream }: StreamName): StreamState | undefined {
    return this.at(edge, edgeIncarnation, stream);
  }

  at(edge: number, edgeIncarnation: number, stream: number): StreamState | undefined {
    const state = this.edges.get(edge);
    return state?.incarnation === edgeIncarnation ? state.streams.get(stream) : undefined;
  }

  update(s: StreamState, round: number, granted: number): void {
    const goesOn = round > s.round || (round === s.round && granted >= s.granted);
    assert(goesOn && !s.isClosed, "STM1: a stream's rounds do not go back");
    this.count(s, false);
    s.round = round;
    s.granted = granted;
    this.count(s, true);
  }

  close(s: StreamState): void {
    this.count(s, false);
    s.isClosed = true;
    // It takes no more: thousands are remembered, and an empty set costs more than all the rest.
    if (s.leases.size === 0) s.leases = this.none;
    if (s.leases.size === 0 && s.expired.size === 0) s.expired = this.none;
    this.count(s, true);
    const streams = this.edges.get(s.edge)?.streams;
    if (!streams || streams.size <= this.inForce.level.closedStreamsMax) return;
    // Insertion order is log order, the same on every replica.
    for (const [id, old] of streams) {
      if (!old.isClosed || old.leases.size > 0) continue;
      this.count(old, false);
      streams.delete(id);
      return;
    }
  }

  /**
   * A newer incarnation of the edge: its old streams go; returns the slots that open ones had leased. What a closed one
   * had is as its close left it: whole, when its client had ended it in order and may be anywhere.
   */
  replaceEdge(edge: number, incarnation: number): number[] {
    const state = this.edges.get(edge);
    if (!state) {
      this.edges.set(edge, { incarnation, streams: new Map() });
      this.countEdge(edge, incarnation, true);
      return [];
    }
    if (incarnation <= state.incarnation) return [];
    const slots: number[] = [];
    for (const s of state.streams.values()) {
      if (!s.isClosed) for (const slot of s.leases) slots.push(slot);
      this.count(s, false);
    }
    state.streams.clear();
    this.countEdge(edge, state.incarnation, false);
    state.incarnation = incarnation;
    this.countEdge(edge, incarnation, true);
    return slots;
  }

  forEach(visit: (stream: StreamState) => void): void {
    for (const state of this.edges.values()) for (const s of state.streams.values()) visit(s);
  }

  /** The edges that ever had a stream here. */
  edgeNumbers(): number[] {
    return [...this.edges.keys()];
  }

  /** The streams of an edge's present incarnation, in an order that is the same on every replica. */
  of(edge: number): Iterable<StreamState> {
    return this.edges.get(edge)?.streams.values() ?? [];
  }

  private countEdge(edge: number, incarnation: number, isAdded: boolean): void {
    const [seedA, seedB] = this.inForce.level.hash.edge;
    const a = rowHash(seedA, edge, incarnation);
    const b = rowHash(seedB, edge, incarnation);
    if (isAdded) this.hash.add(a, b);
    else this.hash.remove(a, b);
  }

  private count(s: StreamState, isAdded: boolean): void {
    const row = [s.edge, s.edgeIncarnation, s.stream, s.round, s.granted, s.isClosed ? 1 : 0];
    const [seedA, seedB] = this.inForce.level.hash.stream;
    const a = rowHash(seedA, ...row);
    const b = rowHash(seedB, ...row);
    if (isAdded) this.hash.add(a, b);
    else this.hash.remove(a, b);
  }
}

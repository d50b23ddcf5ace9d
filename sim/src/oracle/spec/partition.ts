// One partition. An entry first brings its time: what is due happens, what is too old is forgotten. Then its intents
// change the partition one after the other. A closed partition, or one that was never set up, refuses them.

import type { MachineEvent, RowIntent } from "@disheap/core";
import { forgetProducers } from "./dedup.js";
import { forgetEnded } from "./ended.js";
import { enqueue } from "./enqueue.js";
import { grant } from "./grant.js";
import { LIMITS, type Limits } from "./limits.js";
import { giveBack, giveBackByToken } from "./give-back.js";
import { NOTHING, SETTLED, type SpecResult } from "./results.js";
import { acknowledge, extend, reject } from "./settle.js";
import type { Now, State, Token } from "./state.js";
import { closeStream, replaceEdge } from "./streams.js";
import { fireTimers } from "./time.js";

export interface SpecEntry {
  readonly index: number;
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  readonly intents: readonly RowIntent[];
}

/** What must come of an entry. */
export interface Outcome {
  /** One per intent. */
  readonly results: readonly SpecResult[];
  readonly events: readonly MachineEvent[];
}

export class SpecPartition {
  readonly state: State;

  /** `isAuthentic` says whether a token is one that was given out; its MAC is nobody's business here. */
  constructor(isAuthentic: (token: Token) => boolean, limits: Limits = LIMITS) {
    this.state = {
      limits,
      isAuthentic,
      settings: undefined,
      isClosed: false,
      messages: [],
      edges: [],
      producers: [],
      ended: [],
    };
  }

  apply({ intents, ...at }: SpecEntry): Outcome {
    const { state } = this;
    const { entryLeasesMax: leasesLeft, entryGrantBytesMax: bytesLeft } = state.limits;
    const { index, stampMs, seedHi, seedLo } = at;
    const now: Now = { index, stampMs, seedHi, seedLo, events: [], leasesLeft, bytesLeft };
    fireTimers(state, now);
    forgetEnded(state, now);
    forgetProducers(state, now);
    const results = intents.map((intent, offset) => decide(state, intent, offset, now));
    return { results, events: now.events };
  }
}

function decide(state: State, intent: RowIntent, offset: number, now: Now): SpecResult {
  if (intent.kind === "partition.init") {
    // Two leaders in a row may both have proposed it.
    state.settings ??= intent.settings;
    return NOTHING;
  }
  const { settings } = state;
  if (!settings || state.isClosed) return refuse(state, intent);
  switch (intent.kind) {
    case "enqueue":
      return enqueue(state, settings, intent, offset, now);
    case "grant":
      return grant(state, settings, intent, now);
    case "ack":
      return acknowledge(state, intent.token, now);
    case "nack":
      return reject(state, intent.token, intent.backoffMs, now);
    case "extend":
      return extend(state, intent.token, intent.extensionMs, now);
    case "release.undelivered":
      giveBack(state, intent, "edge", now);
      return SETTLED;
    case "release":
      return giveBackByToken(state, intent.token, now);
    case "stream.close":
      closeStream(state, intent, now);
      return SETTLED;
    case "edge.replaced":
      replaceEdge(state, intent, now);
      return SETTLED;
    case "tick":
      return NOTHING;
    case "partition.close":
      state.isClosed = true;
      return SETTLED;
    case "cluster.init":
    case "topic.create":
    case "topic.deleting":
    case "topic.deleted":
      return { type: "refused", code: "INVALID_ARGUMENT" };
  }
}

function refuse({ isClosed }: State, { kind }: RowIntent): SpecResult {
  if (kind === "grant") return { type: "granted", messages: [], grantedInRound: 0, isClosed };
  return kind === "partition.close" ? SETTLED : { type: "refused", code: "NOT_FOUND" };
}

// What an edge asked of partitions for streams of one partition, and when: by it a rule can say that a grant came
// in time. A stream about which it cannot say so for sure is out: one that was closed, recalled, or counted anew.

import type { ClientEffect, PeerMessage } from "@disheap/core";
import { closedStream } from "./leases-named.js";

type Granted = Extract<PeerMessage, { kind: "granted" }>;

/** A stream that is counted anew may be granted more than its credits. */
const FIRST_ROUND = 1;

interface StandingStream {
  /** By serial. */
  readonly sentUs: Map<number, number>;
  newestIndex: number;
  /** The client's stream, once an item was handed to it. */
  client: number | undefined;
  isOut: boolean;
}

/** The request that a grant answers. */
export interface Answered {
  readonly stream: StandingStream;
  readonly sentUs: number;
}

export class StandingRequests {
  private readonly streams = new Map<string, StandingStream>();
  private readonly byClient = new Map<string, StandingStream>();

  sent(node: number, message: PeerMessage, nowUs: number): void {
    if (message.kind === "grant.request") {
      const name = nameOf(node, message.edgeIncarnation, message.stream);
      const known = this.streams.get(name);
      const stream = known ?? {
        sentUs: new Map(),
        newestIndex: 0,
        client: undefined,
        isOut: false,
      };
      this.streams.set(name, stream);
      if (!message.isStanding || message.round !== FIRST_ROUND) stream.isOut = true;
      else stream.sentUs.set(message.serial, nowUs);
    }
    const closed = closedStream(message);
    const stream = closed && this.streams.get(nameOf(node, closed.edgeIncarnation, closed.stream));
    if (stream) stream.isOut = true;
  }

  clientEffect(node: number, effect: ClientEffect): void {
    if (effect.kind !== "stream.recall" && effect.kind !== "stream.end") return;
    const stream = this.byClient.get(clientOf(node, effect.streamId));
    if (stream) stream.isOut = true;
  }

  /** An item of this stream was handed to a client's stream. */
  learn(stream: StandingStream, node: number, client: number): void {
    if (stream.client === client) return;
    stream.client = client;
    this.byClient.set(clientOf(node, client), stream);
  }

  /** Undefined: nothing is sure, or a later grant came before it and it has to go back (Q16). */
  answeredBy(node: number, granted: Granted): Answered | undefined {
    const stream = this.streams.get(nameOf(node, granted.edgeIncarnation, granted.stream));
    const sentUs = stream?.sentUs.get(granted.serial);
    if (!stream || sentUs === undefined || stream.isOut || granted.round !== FIRST_ROUND) return;
    if (granted.index <= stream.newestIndex) return;
    stream.newestIndex = granted.index;
    return { stream, sentUs };
  }
}

function nameOf(node: number, incarnation: number, stream: number): string {
  return `n${node}.${incarnation}.${stream}`;
}

function clientOf(node: number, client: number): string {
  return `n${node}: ${client}`;
}

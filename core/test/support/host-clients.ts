// A consumer of a transcript: its stream at a node, with a carrier that takes every item at once while it reads.

import type { ProducerTriple } from "../../src/contract/api.js";
import type { HostEvent } from "../../src/host/host-event.js";
import type { HostNet, NetNode } from "./host-net.js";
import type { Words } from "./words.js";

export class Consumer {
  readonly node: NetNode;
  readonly stream: number;
  private readonly net: HostNet;
  private isReading = true;
  private isRecalled = false;
  private waiting = 0;

  constructor(net: HostNet, node: NetNode, stream: number) {
    this.net = net;
    this.node = node;
    this.stream = stream;
  }

  open(topic: string, leaseMs: string | undefined): void {
    const { stream: streamId } = this;
    const visibility = leaseMs === undefined ? {} : { visibilityMs: Number(leaseMs) };
    const filter = {
      kind: "stream.filter",
      streamId,
      topic,
      partitionIds: [],
      ...visibility,
    } as const;
    this.net.tell(this.node, filter);
  }

  do(w: Words): void {
    const { stream: streamId, net, node } = this;
    switch (w.kind) {
      case "credits":
        net.tell(node, { kind: "stream.credits", streamId, credits: Number(w.at(0)) });
        break;
      case "half-close":
        net.tell(node, { kind: "stream.half-close", streamId });
        break;
      case "cancel":
        net.tell(node, { kind: "stream.cancel", streamId });
        break;
      case "stops-reading":
        this.isReading = false;
        break;
      case "reads":
        this.isReading = true;
        this.flush();
        net.settle();
        break;
      default:
        throw new Error(`"${w.kind}" is no word of a consumer`);
    }
  }

  /** An item came to the carrier; the transport takes it while the consumer reads. */
  handed(): void {
    this.waiting += 1;
    this.flush();
  }

  recalled(): void {
    this.settle("stream.returned");
    this.isRecalled = true;
    this.flush();
  }

  private flush(): void {
    if (!this.isReading) return;
    this.settle("stream.written");
    if (this.isRecalled) this.push({ kind: "stream.drained", streamId: this.stream });
    this.isRecalled = false;
  }

  private settle(kind: "stream.written" | "stream.returned"): void {
    const { stream: streamId, waiting: count } = this;
    this.waiting = 0;
    if (count > 0) this.push({ kind, streamId, count });
  }

  /** Heard in the node's next turn, as from a real carrier. */
  private push(event: HostEvent): void {
    if (this.node.host) this.node.inbox.push(event);
  }
}

/** "name/epoch/sequence" as the producer of an enqueue; nothing without one. */
export function encodeProducer(text: string | undefined): { readonly producer?: ProducerTriple } {
  if (text === undefined) return {};
  const [producerId, epoch, sequence] = text.split("/");
  const [epochLo, sequenceLo] = [Number(epoch), Number(sequence)];
  return { producer: { producerId, epochHi: 0, epochLo, sequenceHi: 0, sequenceLo } };
}

// An engine without a machine inside: it remembers what it was asked, and the test answers by hand.
import type {
  Census,
  ClientEvent,
  ClientRequest,
  ClientResult,
  DeliveredItem,
  NodeStatus,
} from "@disheap/core";
import { Carrier } from "../../src/carrier.js";
import type { Engine } from "../../src/engine.js";
import { NO_CENSUS, nodeStatus } from "./status.js";

export class HandEngine implements Engine {
  readonly events: ClientEvent[] = [];
  readonly carrier: Carrier;
  current: NodeStatus = nodeStatus();
  nowMs = 0;
  heldBytes = 0;
  refusals = 0;
  /** Answers requests at once when set. */
  answer: ((request: ClientRequest) => ClientResult | undefined) | undefined;
  private watchers: (() => void)[] = [];

  constructor() {
    this.carrier = new Carrier(this, () => this.nowMs, 10_000);
  }

  submit(event: ClientEvent): void {
    this.events.push(event);
    if (event.kind === "client.request") {
      const result = this.answer?.(event.request);
      if (result) {
        this.carrier.emit({ kind: "client.reply", requestId: event.requestId, result });
      }
    }
    for (const watcher of [...this.watchers]) watcher();
  }

  requestBytes(): number {
    return this.heldBytes;
  }

  requestRefused(): void {
    this.refusals += 1;
  }

  status(): NodeStatus {
    return this.current;
  }

  census(): Census {
    return NO_CENSUS;
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  /** Resolves with the first event that fits, past or future. */
  seen<K extends ClientEvent["kind"]>(
    kind: K,
    fits: (event: Extract<ClientEvent, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<ClientEvent, { kind: K }>> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.events.find(
          (event): event is Extract<ClientEvent, { kind: K }> =>
            event.kind === kind && fits(event as Extract<ClientEvent, { kind: K }>),
        );
        if (!found) return false;
        resolve(found);
        return true;
      };
      if (look()) return;
      const watcher = () => {
        if (look()) this.watchers = this.watchers.filter((other) => other !== watcher);
      };
      this.watchers.push(watcher);
    });
  }

  deliver(streamId: number, item: Partial<DeliveredItem> = {}, leaseLeftMs = 30_000): void {
    const whole = { ...ITEM, ...item };
    this.carrier.emit({ kind: "stream.item", streamId, item: whole, leaseLeftMs });
  }
}

export const ITEM: DeliveredItem = {
  messageId: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  topic: "jobs",
  partitionId: 2,
  payload: new Uint8Array([1, 2, 3]),
  priorityHi: -1,
  priorityLo: 0xffff_fffe,
  enqueuedMs: 1_700_000_000_123,
  leaseToken: "00000001abc",
  leaseDeadlineMs: 1_700_000_030_123,
  fence: 1,
  attempts: 1,
  maxRetries: 3,
  producer: { producerId: "p", epochHi: 1, epochLo: 2, sequenceHi: 0, sequenceLo: 7 },
};

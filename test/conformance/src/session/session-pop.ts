// A consumer with a session of its own. What the case takes counts as started.

import type { PopItem } from "@disheap/proto";
import type { SessionOut } from "@disheap/proto/session";
import type { Client } from "@grpc/grpc-js";
import { Pop, type PopFilterOptions } from "../pop.js";
import { itemsOf } from "./items.js";
import { HELLO, RawSession } from "./raw-session.js";

export class SessionPop extends Pop {
  readonly session: RawSession;
  private topic = "";
  private readonly numbers = new Map<PopItem, number>();

  constructor(client: Client) {
    super();
    this.session = new RawSession(client).send({ hello: HELLO });
    this.session.onNews = (frame) => {
      if (frame === undefined) this.over(this.session.status ?? { code: 2, details: "no status" });
      else this.read(frame);
    };
  }

  numberOf(item: PopItem): number | undefined {
    return this.numbers.get(item);
  }

  filter(topic: string, { partitionIds = [], visibilityMs }: PopFilterOptions = {}): this {
    this.topic = topic;
    this.session.send({
      topic: [{ handle: 1, topic }],
      consumer: [
        { handle: 1, topic: 1, partition: partitionIds, visibilityMs, reportsStarted: true },
      ],
    });
    return this;
  }

  credits(count: number): this {
    this.session.send({ credit: [{ consumer: 1, count }] });
    return this;
  }

  nothing(): this {
    this.session.send({});
    return this;
  }

  halfClose(): this {
    this.session.halfClose();
    return this;
  }

  cancel(): void {
    this.session.cancel();
  }

  protected taken(items: readonly PopItem[]): void {
    const firstDelivery = this.numbers.get(items[0] as PopItem);
    if (firstDelivery === undefined || !this.session.isOpen) return;
    this.session.send({ started: [{ firstDelivery, count: items.length }] });
  }

  private read(frame: SessionOut): void {
    for (const rows of frame.delivered) {
      for (const [row, item] of itemsOf(rows, this.topic).entries()) {
        this.numbers.set(item, rows.firstDelivery + row);
        this.arrived(item);
      }
    }
    for (const { code, message } of frame.ended) this.over({ code, details: message });
  }
}

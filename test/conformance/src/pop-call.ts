// A consumer as a call of PopStream.

import { type DisheapClient, type PopItem, PopOpen } from "@disheap/proto";
import type { ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import { Pop, type PopFilterOptions } from "./pop.js";

export class PopCall extends Pop {
  private readonly call: ClientDuplexStream<PopOpen, PopItem>;

  constructor(client: DisheapClient) {
    super();
    this.call = client.popStream();
    this.call.on("data", (item: PopItem) => {
      this.arrived(item);
    });
    this.call.on("status", (status: StatusObject) => {
      this.over(status);
    });
    // The status event says the same.
    this.call.on("error", () => undefined);
  }

  filter(topic: string, options: PopFilterOptions = {}): this {
    const { partitionIds = [], visibilityMs } = options;
    const visibilityTimeout =
      visibilityMs === undefined
        ? undefined
        : {
            seconds: BigInt(Math.floor(visibilityMs / 1000)),
            nanos: (visibilityMs % 1000) * 1_000_000,
          };
    const value = { topic, partitionIds, visibilityTimeout };
    this.call.write(PopOpen.create({ kind: { $case: "filter", value } }));
    return this;
  }

  credits(credits: number): this {
    this.call.write(PopOpen.create({ kind: { $case: "flowControl", value: { credits } } }));
    return this;
  }

  nothing(): this {
    this.call.write(PopOpen.create({}));
    return this;
  }

  halfClose(): this {
    this.call.end();
    return this;
  }

  cancel(): void {
    this.call.cancel();
  }

  protected taken(): void {
    // A stream does not tell.
  }
}

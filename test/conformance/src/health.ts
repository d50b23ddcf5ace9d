// grpc.health.v1 by hand: the messages have one field each, and no package of the suite has them.

import type { Client } from "@grpc/grpc-js";

const same = (bytes: Buffer): Buffer => bytes;

/** A field of bytes or text, as the wire has it; lengths below 128. */
export function field(number: number, text: string): Buffer {
  const value = Buffer.from(text);
  return Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]);
}

export interface HealthWatch {
  /** 0 UNKNOWN, 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN, in order of arrival. */
  readonly states: readonly number[];
  /** When each came, on the monotonic clock. */
  readonly changedAt: readonly number[];
  cancel(): void;
}

export function watchHealth(client: Client, service: string): HealthWatch {
  const states: number[] = [];
  const changedAt: number[] = [];
  const path = "/grpc.health.v1.Health/Watch";
  const call = client.makeServerStreamRequest(path, same, same, field(1, service));
  call.on("data", (bytes: Buffer) => {
    // An enum of value 0 is left out of the message.
    states.push(bytes.length === 0 ? 0 : (bytes[1] ?? 0));
    changedAt.push(performance.now());
  });
  call.on("error", () => undefined);
  return {
    states,
    changedAt,
    cancel: () => {
      call.cancel();
    },
  };
}

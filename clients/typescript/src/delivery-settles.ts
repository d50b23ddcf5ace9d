// Settles what a consumer was given: by its number where a session brought it, and else, or when the number is good no
// more, by its token. Without async functions and copies: there is one of these for each message.
import type { Earlier } from "./caller.js";
import { checkOptions } from "./checks.js";
import { toDuration } from "./convert.js";
import type { ReleaseCalls } from "./give-back.js";
import { type Message, type NackOptions, originOf } from "./message.js";
import { nackChecks } from "./option-checks.js";
import { isRetryable } from "./retry.js";
import type { SessionConsumer } from "./session/consumer.js";
import type { SettleSpec } from "./session/row.js";

/** Calls of the client that a delivery needs to be settled. */
export interface SettleCalls extends ReleaseCalls {
  ack(topic: string, id: string, leaseToken: string, before?: Earlier): Promise<void>;
  extend(topic: string, leaseToken: string, ms: number, before?: Earlier): Promise<void>;
}

/** Of a delivery that a session brought: who can settle it by its number. */
export interface Numbered {
  readonly consumer: SessionConsumer;
  readonly delivery: number;
}

export function numberOf(message: Message): Numbered | undefined {
  return originOf(message) as Numbered | undefined;
}

const ACK = { kind: "ack" } as const;

export class DeliverySettles {
  readonly #calls: SettleCalls;

  constructor(calls: SettleCalls) {
    this.#calls = calls;
  }

  ack(message: Message): Promise<void> {
    return this.#settled(message, ACK, (before) =>
      this.#calls.ack(message.topic, message.id, message.leaseToken, before),
    );
  }

  async nack(message: Message, options: NackOptions): Promise<void> {
    checkOptions("nack", nackChecks, options);
    const { reason } = options;
    const backoffMs = options.backoffMs === undefined ? undefined : Math.round(options.backoffMs);
    await this.#settled(message, { kind: "nack", backoffMs, reason }, (before) =>
      this.#calls.nack(message.topic, message.id, message.leaseToken, options, before),
    );
  }

  /** `within`: the budget it has, if that is not the usual one. */
  async extend(message: Message, ms: number, within?: Earlier): Promise<void> {
    toDuration("ms", ms);
    const extensionMs = Math.round(ms);
    const byToken = (before?: Earlier): Promise<void> =>
      this.#calls.extend(message.topic, message.leaseToken, ms, before);
    await this.#settled(message, { kind: "extend", extensionMs }, byToken, within);
  }

  /**
   * By its number. Else by its token, which may be good where the number is not any more; `byToken` is told what was
   * tried.
   */
  #settled(
    message: Message,
    how: Pick<SettleSpec, "kind" | "backoffMs" | "reason" | "extensionMs">,
    byToken: (before?: Earlier) => Promise<void>,
    within?: Earlier,
  ): Promise<void> {
    const numbered = numberOf(message);
    if (numbered === undefined) return byToken(within);
    const nowMs = performance.now();
    const startMs = within?.startMs ?? nowMs;
    const { kind, backoffMs, reason, extensionMs } = how;
    const { consumer, delivery } = numbered;
    const spec: SettleSpec = {
      kind,
      name: () => `${kind}(${message.id})`,
      topic: message.topic,
      messageId: "",
      leaseToken: "",
      delivery,
      backoffMs,
      reason,
      extensionMs,
    };
    return consumer.settle(spec, nowMs).then((error) => {
      if (error === undefined) return undefined;
      // A refusal is of the number.
      return byToken({ startMs, error: isRetryable(error.code) ? error : undefined });
    });
  }
}

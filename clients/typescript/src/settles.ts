// Settles by token: by a session, or else by a call of its own. Where something was tried before, it has the rest of that
// one's budget: who asks for a settle gives time once, however it is tried.
import {
  AckReq,
  AdminService,
  DisheapService,
  ExtendReq,
  NackReq,
  ReleaseReq,
} from "@disheap/proto";
import type { Caller, Earlier } from "./caller.js";
import { checkOptions } from "./checks.js";
import { optionalDuration, toDuration, toMs, toText } from "./convert.js";
import { DisheapValidationError } from "./errors.js";
import { isUnknownCall, type ReleaseCalls } from "./give-back.js";
import type { NackOptions } from "./message.js";
import { nackChecks } from "./option-checks.js";
import type { Sessions } from "./session/sessions.js";

export class Settles implements ReleaseCalls {
  readonly #sessions: Sessions;
  readonly #caller: Caller;
  #canRelease: Promise<boolean> | undefined;

  constructor(sessions: Sessions, caller: Caller) {
    this.#sessions = sessions;
    this.#caller = caller;
  }

  async ack(topic: string, messageId: string, leaseToken: string, before?: Earlier): Promise<void> {
    const lease = leaseOf(topic, messageId, leaseToken);
    const rules = { name: `ack(${messageId})`, isIdempotent: true };
    const spec = { kind: "ack", name: rules.name, ...lease } as const;
    const call = (earlier: Earlier): Promise<unknown> =>
      this.#caller.unary(DisheapService.ack, AckReq.create(lease), { ...rules, earlier });
    await this.#sessions.settle(spec, call, before);
  }

  async nack(
    topic: string,
    messageId: string,
    leaseToken: string,
    options: NackOptions,
    before?: Earlier,
  ): Promise<void> {
    checkOptions("nack", nackChecks, options);
    const lease = leaseOf(topic, messageId, leaseToken);
    const request = NackReq.create(lease);
    const backoffOverride = optionalDuration("backoffMs", options.backoffMs);
    if (backoffOverride !== undefined) request.backoffOverride = backoffOverride;
    if (options.reason !== undefined) request.reason = options.reason;
    const rules = { name: `nack(${messageId})`, isIdempotent: true };
    const { reason } = options;
    const backoffMs = backoffOverride && toMs(backoffOverride);
    const spec = { kind: "nack", name: rules.name, ...lease, backoffMs, reason } as const;
    const call = (earlier: Earlier): Promise<unknown> =>
      this.#caller.unary(DisheapService.nack, request, { ...rules, earlier });
    await this.#sessions.settle(spec, call, before);
  }

  async extend(topic: string, leaseToken: string, ms: number, before?: Earlier): Promise<void> {
    const request = ExtendReq.create({
      topic: toText("topic", topic),
      leaseToken: toText("leaseToken", leaseToken),
      extension: toDuration("ms", ms),
    });
    const rules = { name: `extend(${topic})`, isIdempotent: true };
    const extensionMs = Math.round(ms);
    const lease = { topic, messageId: "", leaseToken };
    const spec = { kind: "extend", name: rules.name, ...lease, extensionMs } as const;
    const call = (earlier: Earlier): Promise<unknown> =>
      this.#caller.unary(DisheapService.extend, request, { ...rules, earlier });
    await this.#sessions.settle(spec, call, before);
  }

  async release(
    topic: string,
    messageId: string,
    leaseToken: string,
    before?: Earlier,
  ): Promise<void> {
    const lease = leaseOf(topic, messageId, leaseToken);
    const spec = { kind: "release", name: `release(${messageId})`, ...lease } as const;
    await this.#sessions.settle(spec, (earlier) => this.#release(lease, earlier), before);
  }

  async #release(lease: ReturnType<typeof leaseOf>, earlier?: Earlier): Promise<void> {
    const rules = { name: `release(${lease.messageId})`, isIdempotent: true, earlier };
    await this.#caller.unary(AdminService.release, ReleaseReq.create(lease), rules);
  }

  /** A release of nothing is refused where the call is known, and unknown elsewhere. Asked once. */
  canRelease(before?: Earlier): Promise<boolean> {
    this.#canRelease ??= this.#release(leaseOf("", "", ""), before).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DisheapValidationError) return true;
        // What failed otherwise may be known the next time.
        if (!isUnknownCall(error)) this.#canRelease = undefined;
        return false;
      },
    );
    return this.#canRelease;
  }
}

function leaseOf(
  topic: string,
  messageId: string,
  leaseToken: string,
): { topic: string; messageId: string; leaseToken: string } {
  return {
    topic: toText("topic", topic),
    messageId: toText("messageId", messageId),
    leaseToken: toText("leaseToken", leaseToken),
  };
}

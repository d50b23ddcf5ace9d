// What every option of every call accepts, in one place. An option that is added to an interface and not to its
// table does not compile.
import { ChannelCredentials } from "@grpc/grpc-js";
import type { DeleteOptions, EnqueueOptions, ListOptions, StatsOptions } from "./call-options.js";
import {
  checkOptions,
  type Checks,
  count,
  duration,
  endlessOr,
  isObject,
  listOf,
  oneOf,
  positive,
  priority,
  text,
  timerMs,
  truth,
  whole,
} from "./checks.js";
import type { ClientOptions } from "./client-options.js";
import { shown, uint32Max } from "./convert.js";
import { invalidArgument } from "./errors.js";
import type { NackOptions } from "./message.js";
import type { PeekOptions } from "./peek.js";
import type { PopOptions } from "./pop-options.js";
import type { RetryPolicy } from "./retry.js";
import type { TopicOptions } from "./topics.js";

/** The most that one answer lists, and the most a consumer may hold. */
const listMax = 1_000;
/** Where 0 would be taken for "not given". */
const fromOne = whole(1, uint32Max);

export const topicChecks: Checks<TopicOptions> = {
  mode: oneOf("min", "max"),
  partitions: fromOne,
  replicationFactor: fromOne,
  topKBound: fromOne,
  retentionMs: duration,
  visibilityMs: duration,
  maxRetries: count,
  maxPayloadBytes: fromOne,
  compression: truth,
  deadLetters: (name, value) => {
    if (typeof value === "boolean") return;
    if (!isObject(value) || !("retentionMs" in value)) {
      throw invalidArgument(
        `${name} is ${shown(value)}; it must be true, false, or an object such as { retentionMs: 3600000 }.`,
      );
    }
    checkOptions<{ retentionMs: number }>(
      name,
      { retentionMs: duration },
      value as { retentionMs: number },
    );
  },
};

export const deleteChecks: Checks<DeleteOptions> = { force: truth, confirmationToken: text };

export const listChecks: Checks<ListOptions> = { pageSize: whole(1, listMax) };

export const statsChecks: Checks<StatsOptions> = { partition: count };

export const enqueueChecks: Checks<EnqueueOptions> = {
  priority,
  partitionKey: text,
  delayMs: duration,
  maxRetries: count,
  producer: (name, value) => {
    if (value === false) return;
    throw invalidArgument(
      `${name} is ${shown(value)}; it must be false, for a message without an identity, or be left out.`,
    );
  },
};

export const popChecks: Checks<PopOptions> = {
  prefetch: whole(1, listMax),
  limit: fromOne,
  credits: fromOne,
  visibilityMs: duration,
  partitions: listOf(count, "[0, 2]"),
  keepLeaseMs: duration,
  outageMaxMs: endlessOr(positive),
};

export const peekChecks: Checks<PeekOptions> = {
  partition: count,
  limit: whole(1, listMax),
  includeDeadLetters: truth,
};

export const nackChecks: Checks<NackOptions> = { backoffMs: duration, reason: text };

const retryChecks: Checks<RetryPolicy> = {
  maxAttempts: endlessOr(fromOne),
  budgetMs: positive,
  initialBackoffMs: timerMs,
  maxBackoffMs: timerMs,
  multiplier: positive,
};

export const clientChecks: Checks<ClientOptions> = {
  endpoints: listOf(endpoint, '["127.0.0.1:9090"]'),
  apiKey: (_name, value) => {
    // It is a secret: no message shows it.
    if (typeof value === "string" && /^[\x20-\x7e]*$/.test(value)) return;
    throw invalidArgument(
      `apiKey must be a string of printable ASCII characters; this one is ${typeof value === "string" ? "not" : shown(value)}.`,
    );
  },
  connectTimeoutMs: timerMs,
  requestTimeoutMs: positive,
  retry: (name, value) => checkOptions<Partial<RetryPolicy>>(name, retryChecks, value as object),
  producerName: text,
  sessions: truth,
  credentials: (name, value) => {
    if (value instanceof ChannelCredentials) return;
    throw invalidArgument(
      `${name} are ${shown(value)}; they must be made by @grpc/grpc-js, such as credentials.createSsl().`,
    );
  },
  channelOptions: (name, value) => {
    if (!isObject(value)) {
      throw invalidArgument(
        `${name} is ${shown(value)}; it must be an object such as { "grpc.keepalive_time_ms": 10000 }.`,
      );
    }
    const stray = Object.keys(value).find((key) => !key.startsWith("grpc"));
    if (stray === undefined) return;
    throw invalidArgument(
      `${name} has no option ${shown(stray)}; the names of all start with "grpc".`,
    );
  },
};

function endpoint(_name: string, value: unknown): void {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})$/.exec(
    typeof value === "string" ? value : "",
  );
  const port = Number(match?.[2] ?? 0);
  if (port < 1 || port > 65_535) {
    throw invalidArgument(
      `The endpoint ${shown(value)} is not host:port. Write it like 127.0.0.1:9090 or [::1]:9090.`,
    );
  }
}

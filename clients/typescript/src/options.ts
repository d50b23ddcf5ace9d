// What a client can be told, the defaults, and the checks of both.
import type { ChannelCredentials, ChannelOptions } from "@grpc/grpc-js";
import { invalidArgument } from "./errors.js";
import { defaultRetry, type RetryPolicy } from "./retry.js";

/** The largest message that any node may be told to take, and so may deliver. */
export const receiveBytesMax = 14 * 1024 * 1024;

/** The largest gRPC message that nodes take when nothing else was set. */
export const messageBytesMax = 4 * 1024 * 1024;

export interface ClientOptions {
  /** Nodes as `host:port`. Any of them serves any call; several survive the loss of one. */
  endpoints?: readonly string[] | undefined;
  /** Sent as `authorization: Bearer …` when given. */
  apiKey?: string | undefined;
  /** How long to wait for one connection. */
  connectTimeoutMs?: number | undefined;
  /**
   * How long to wait for the answer of one attempt; never beyond the budget. A node that says nothing at all
   * for a second is not waited for: another one is asked as well, where a repeat changes nothing.
   */
  requestTimeoutMs?: number | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  /** Starts the producer id in place of the host name; a part that makes it unique follows. */
  producerName?: string | undefined;
  /** Default: plain text. */
  credentials?: ChannelCredentials | undefined;
  /** Overrides single options of the channels. */
  channelOptions?: ChannelOptions | undefined;
}

export interface ResolvedOptions {
  endpoints: readonly string[];
  apiKey: string | undefined;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  retry: RetryPolicy;
  producerName: string | undefined;
  credentials: ChannelCredentials | undefined;
  channelOptions: ChannelOptions;
}

/**
 * Nodes accept pings without calls at this pace. Reconnecting is quick, because another endpoint
 * serves meanwhile; retries and proxies stay out, because this client decides what is repeated.
 */
const channelDefaults: ChannelOptions = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.max_send_message_length": messageBytesMax,
  "grpc.max_receive_message_length": receiveBytesMax,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.enable_channelz": 0,
  "grpc.service_config_disable_resolution": 1,
};

export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const endpoints = [...new Set(options.endpoints ?? ["127.0.0.1:9090"])];
  if (endpoints.length === 0) {
    throw invalidArgument('No endpoints: give at least one, such as "127.0.0.1:9090".');
  }
  endpoints.forEach(checkEndpoint);
  const retry = definedOf<RetryPolicy>(defaultRetry, options.retry ?? {});
  for (const [name, value] of Object.entries<number>({ ...retry })) {
    // Rounds without a bound end with the budget.
    if (name !== "maxAttempts" || value !== Number.POSITIVE_INFINITY) {
      checkPositive(`retry.${name}`, value);
    }
  }
  return {
    endpoints,
    apiKey: options.apiKey,
    connectTimeoutMs: checkPositive("connectTimeoutMs", options.connectTimeoutMs ?? 5_000),
    requestTimeoutMs: checkPositive("requestTimeoutMs", options.requestTimeoutMs ?? 30_000),
    retry,
    producerName: options.producerName,
    credentials: options.credentials,
    channelOptions: { ...channelDefaults, ...options.channelOptions },
  };
}

function checkEndpoint(endpoint: string): void {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})$/.exec(endpoint);
  const port = Number(match?.[2] ?? 0);
  if (port < 1 || port > 65_535) {
    throw invalidArgument(
      `The endpoint "${endpoint}" is not host:port. Write it like 127.0.0.1:9090 or [::1]:9090.`,
    );
  }
}

function checkPositive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw invalidArgument(`${name} is ${value}; it must be a number above 0.`);
}

/** `base` with the fields of `changes` that are not undefined. */
function definedOf<T extends object>(base: T, changes: { [K in keyof T]?: T[K] | undefined }): T {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

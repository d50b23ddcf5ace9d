// What a client was told, with the defaults for all else.
import type { ChannelCredentials, ChannelOptions } from "@grpc/grpc-js";
import { checkOptions } from "./checks.js";
import type { ClientOptions } from "./client-options.js";
import { messageBytesMax, receiveBytesMax } from "./limits.js";
import { clientChecks } from "./option-checks.js";
import { defaultRetry, type RetryPolicy } from "./retry.js";

export interface ResolvedOptions {
  endpoints: readonly string[];
  apiKey: string | undefined;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  retry: RetryPolicy;
  producerName: string | undefined;
  sessions: boolean;
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
  "grpc-node.flow_control_window": 4 * 1024 * 1024,
  "grpc.service_config_disable_resolution": 1,
};

export function resolveOptions(options: ClientOptions): ResolvedOptions {
  checkOptions("DisheapClient", clientChecks, options);
  return {
    endpoints: [...new Set(options.endpoints ?? ["127.0.0.1:9090"])],
    apiKey: options.apiKey,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    retry: definedOf<RetryPolicy>(defaultRetry, options.retry ?? {}),
    producerName: options.producerName,
    sessions: options.sessions ?? true,
    credentials: options.credentials,
    channelOptions: { ...channelDefaults, ...options.channelOptions },
  };
}

/** `base` with the fields of `changes` that are not undefined. */
function definedOf<T extends object>(base: T, changes: { [K in keyof T]?: T[K] | undefined }): T {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

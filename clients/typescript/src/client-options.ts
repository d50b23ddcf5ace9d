// What a client can be told.
import type { ChannelCredentials, ChannelOptions } from "@grpc/grpc-js";
import type { RetryPolicy } from "./retry.js";

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
  /** The beginning of the producer id, instead of the host name; a unique part follows. */
  producerName?: string | undefined;
  /** false: every enqueue and settle is a call of its own. Default true, where the nodes know sessions. */
  sessions?: boolean | undefined;
  /** Default: plain text. */
  credentials?: ChannelCredentials | undefined;
  /** Overrides single options of the channels. */
  channelOptions?: ChannelOptions | undefined;
}

// How a topic shall be configured, checked and turned into the request that makes it.
import { MakeHeapReq, Mode } from "@disheap/proto";
import { checkOptions } from "./checks.js";
import { toDuration, toText } from "./convert.js";
import { invalidArgument } from "./errors.js";
import { topicChecks } from "./option-checks.js";
import type { TopicOptions } from "./topics.js";

export function toMakeHeap(topic: string, options: TopicOptions): MakeHeapReq {
  checkOptions("createTopic", topicChecks, options);
  // On this call the wire cannot tell 0 from "not given": 0 would silently become the default.
  if (options.maxRetries === 0) {
    throw invalidArgument(
      "A topic cannot be created with maxRetries 0; leave it out and give maxRetries: 0 per message.",
    );
  }
  const { partitions, replicationFactor, topKBound, maxRetries } = options;
  const { retentionMs, visibilityMs, deadLetters } = options;
  return MakeHeapReq.create({
    topic: toText("topic", topic),
    mode: options.mode === "max" ? Mode.MAX : Mode.MIN,
    // 0 is the node's default.
    partitions: partitions ?? 0,
    replicationFactor: replicationFactor ?? 0,
    topKBound: topKBound ?? 0,
    maxRetriesDefault: maxRetries ?? 0,
    maxPayloadBytes: BigInt(options.maxPayloadBytes ?? 0),
    compressionEnabled: options.compression ?? false,
    ...(retentionMs === undefined ? {} : { retentionTime: toDuration("retentionMs", retentionMs) }),
    ...(visibilityMs === undefined
      ? {}
      : { visibilityTimeoutDefault: toDuration("visibilityMs", visibilityMs) }),
    ...(deadLetters === undefined ? {} : { dlqPolicy: toPolicy(deadLetters) }),
  });
}

function toPolicy(deadLetters: boolean | { retentionMs: number }): {
  enabled: boolean;
  retentionTime?: { seconds: bigint; nanos: number };
} {
  if (typeof deadLetters === "boolean") return { enabled: deadLetters };
  const retentionTime = toDuration("deadLetters.retentionMs", deadLetters.retentionMs);
  return { enabled: true, retentionTime };
}

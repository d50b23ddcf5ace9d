// What a consumer asks for, checked and turned into the filter of a stream.
import { PopFilter } from "@disheap/proto";
import { checkOptions } from "./checks.js";
import { optionalDuration, toText } from "./convert.js";
import { popChecks } from "./option-checks.js";
import type { PopOptions } from "./pop-options.js";

/** Checks all of the options. */
export function filterOf(topic: string, options: PopOptions): PopFilter {
  checkOptions("pop", popChecks, options);
  const partitionIds = [...(options.partitions ?? [])];
  const filter = PopFilter.create({ topic: toText("topic", topic), partitionIds });
  const visibilityTimeout = optionalDuration("visibilityMs", options.visibilityMs);
  if (visibilityTimeout !== undefined) filter.visibilityTimeout = visibilityTimeout;
  return filter;
}

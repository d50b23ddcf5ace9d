// Which topics a page of a list holds. It is settled before any partition is asked, so that a list of many
// topics costs what its page costs. Page tokens are decimal offsets into the topics sorted by name.

import type { TopicRecord } from "../../cluster/cluster-state.js";
import type { ClientRequest } from "../../contract/api.js";
import { taken } from "../../contract/limits/judge.js";
import { LIST } from "../../contract/limits/reads.js";
import type { NodeLimits } from "../../contract/limits/rule.js";

export interface ListPage {
  readonly records: readonly TopicRecord[];
  /** Empty: it is the last page. */
  readonly nextPageToken: string;
}

/** `live`: all topics that are not being deleted, by name. */
export function listPage(
  request: Extract<ClientRequest, { op: "topic.list" }>,
  live: readonly TopicRecord[],
  node: NodeLimits,
): ListPage {
  const from = request.pageToken === "" ? 0 : Number(request.pageToken);
  const size = taken(LIST.fields.pageSize, request.pageSize, node);
  const nextPageToken = from + size < live.length ? String(from + size) : "";
  return { records: live.slice(from, from + size), nextPageToken };
}

// Which topics a page of a list holds. It is settled before any partition is asked, so that a list of many
// topics costs what its page costs. Page tokens are decimal offsets into the topics sorted by name.

import type { TopicRecord } from "../../cluster/cluster-state.js";
import type { ClientRequest, Failure } from "../../contract/api.js";
import { invalid } from "./validate.js";

export interface ListPage {
  readonly records: readonly TopicRecord[];
  /** Empty: it is the last page. */
  readonly nextPageToken: string;
}

/** `live`: all topics that are not being deleted, by name. */
export function listPage(
  request: Extract<ClientRequest, { op: "topic.list" }>,
  live: readonly TopicRecord[],
): ListPage | { readonly failure: Failure } {
  const from = request.pageToken === "" ? 0 : Number(request.pageToken);
  if (!Number.isSafeInteger(from) || from < 0) {
    return {
      failure: invalid(
        "page_token is malformed; send the next_page_token of the page before, or nothing",
      ),
    };
  }
  const size = request.pageSize === 0 ? 50 : Math.min(request.pageSize, 1000);
  const nextPageToken = from + size < live.length ? String(from + size) : "";
  return { records: live.slice(from, from + size), nextPageToken };
}

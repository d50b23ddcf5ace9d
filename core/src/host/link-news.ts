// What the network says of a link: leaders learn what was lost and when to go on (D-90).

import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import type { NetworkEvent } from "./host-event.js";
import { linkDown, linkRoom, linkUp } from "../raft/replication.js";

type LinkNews = Exclude<
  NetworkEvent["kind"],
  "peer.frame" | "peer.hello" | "peer.left" | "peer.refused"
>;

/** `place` is that of the peer in the configured list. */
export function linkNews(
  context: HostContext,
  kind: LinkNews,
  place: number,
  guard: (replica: Replica, step: () => void) => void,
): void {
  const { links } = context;
  if (kind === "peer.full" || kind === "peer.room") links.setFull(place, kind === "peer.full");
  else links.setDown(place, kind === "peer.down");
  const peer = context.memberAt(place);
  if (kind === "peer.full" || peer === 0) return;
  const tell = kind === "peer.down" ? linkDown : kind === "peer.up" ? linkUp : linkRoom;
  for (const replica of context.groups.values()) {
    if (replica.raft.isLeader) guard(replica, () => tell(replica.raft, peer));
  }
}

// Digests (D-22, D-91): a leader names to an edge which leases it holds, and which ones expired and still count;
// the edge gives back those that it never saw. However many there are, one turn looks at a bounded number
// of rows and a message names a bounded number of leases; the last one says that it is the last.

import { leaseAt } from "../delivery/grant.js";
import type { Partition } from "../delivery/partition.js";
import { hasExpired } from "../delivery/release.js";
import type { StreamState } from "../delivery/streams.js";
import { compareLeases } from "../lib/lease-name.js";
import { isSameStream, type StreamName } from "../lib/stream-name.js";
import type { HostContext } from "../member/context.js";
import type { PendingDigest, Replica } from "../member/replica.js";
import type { DigestRequest, GrantedLease } from "../wire/messages.js";

/** Leases that one message names: about 80 kB. */
const PAGE_LEASES = 2048;

/** A new leader tells every edge. */
export function sendDigests(context: HostContext, replica: Replica): void {
  if (replica.machine.kind !== "partition") return;
  const { partition } = replica.machine;
  for (const edge of partition.streams.edgeNumbers()) {
    const edgeIncarnation = partition.streams.incarnationOf(edge);
    begin(replica, partition, { edge, edgeIncarnation, stream: 0 }, {});
  }
  continueDigests(context, replica);
}

export function onDigestRequest(context: HostContext, from: number, m: DigestRequest): void {
  const replica = context.groups.get(m.group);
  if (!replica?.isServing || replica.machine.kind !== "partition") return;
  const { edgeIncarnation, stream } = m;
  const name = { edge: from, edgeIncarnation, stream };
  const isWaiting = replica.digests.some((d) => d.isAsked && !d.isBegun && isSameStream(d, name));
  if (!isWaiting) begin(replica, replica.machine.partition, name, { isAsked: true });
  context.touched.add(replica);
  continueDigests(context, replica);
}

/**
 * A stream was closed: nothing more is granted to it, and a grant that was lost on the way to its edge would be
 * missed by nobody. The edge repeats the close until it is answered, so this arrives (D-91).
 */
export function sendLastDigest(
  context: HostContext,
  replica: Replica,
  name: StreamName,
  then: () => void,
): void {
  if (replica.machine.kind === "partition")
    begin(replica, replica.machine.partition, name, { then });
  else then();
  continueDigests(context, replica);
}

function begin(
  replica: Replica,
  partition: Partition,
  { edge, edgeIncarnation, stream }: StreamName,
  { isAsked = false, then }: { readonly isAsked?: boolean; readonly then?: () => void },
): void {
  const walk = leasesOf(partition, { edge, edgeIncarnation, stream });
  const head = { edge, edgeIncarnation, stream, isAsked, then };
  replica.digests.push({ ...head, walk, leases: [], isBegun: false });
}

/** Goes on with what is to be told, as far as the turn's budget of rows and the links allow. */
export function continueDigests(context: HostContext, replica: Replica): void {
  if (replica.digests.length === 0) return;
  replica.digests = replica.digests.filter((digest) => !goesToItsEnd(context, replica, digest));
  const isWaiting = ({ edge }: PendingDigest): boolean =>
    edge === context.self || context.isOpenTo(edge);
  if (replica.digests.some(isWaiting)) context.wantsTurn = true;
}

function goesToItsEnd(context: HostContext, replica: Replica, digest: PendingDigest): boolean {
  const { edge, edgeIncarnation, stream, isAsked, walk } = digest;
  for (;;) {
    // One message at a time waits for a link.
    if (context.turnRows <= 0 || (digest.isBegun && context.hasUnsent(edge))) return false;
    let isLast = false;
    while (!isLast && digest.leases.length < PAGE_LEASES && context.turnRows > 0) {
      const row = walk.next();
      isLast = row.done === true;
      if (row.value) digest.leases.push(row.value);
      context.turnRows -= 1;
    }
    if (!isLast && digest.leases.length < PAGE_LEASES) return false;
    if (digest.leases.length > 0 || isAsked || digest.isBegun) {
      const leases = digest.leases.sort(compareLeases);
      const head = { kind: "digest", group: replica.id, edgeIncarnation, stream } as const;
      context.send(edge, { ...head, isLast, leases });
      digest.isBegun = true;
      digest.leases = [];
    }
    if (!isLast) continue;
    digest.then?.();
    return true;
  }
}

/**
 * The leases of a stream, or of all streams of the edge; undefined for a row that is looked at and not named. It
 * may be read in slices while the partition goes on: what is granted meanwhile is told by its grant.
 */
function* leasesOf(
  partition: Partition,
  { edge, edgeIncarnation, stream }: StreamName,
): Generator<GrantedLease | undefined, undefined> {
  const { messages, streams, expiries } = partition;
  // Of an edge that died they count as handed over.
  if (streams.incarnationOf(edge) !== edgeIncarnation) return undefined;
  for (const one of streamsOf(partition, { edge, edgeIncarnation, stream })) {
    yield undefined;
    for (const slot of one.leases) yield leaseAt(messages, slot);
    // A close is repeated until it is answered, and behind what is told to the closed stream alone.
    if (one.isClosed && stream === 0) continue;
    for (const slot of one.expired) yield leaseAt(messages, slot);
  }
  for (let number = expiries.first; ; number += 1) {
    number = Math.max(number, expiries.first);
    if (number >= expiries.end) return undefined;
    const expiry = expiries.at(number);
    const isTheirs = stream === 0 || expiry.stream === stream;
    const isNamed = isTheirs && expiry.edge === edge && expiry.edgeIncarnation === edgeIncarnation;
    yield isNamed && hasExpired(partition, expiry) ? expiry : undefined;
  }
}

function streamsOf({ streams }: Partition, name: StreamName): Iterable<StreamState> {
  if (name.stream === 0) return streams.of(name.edge);
  const one = streams.find(name);
  return one ? [one] : [];
}

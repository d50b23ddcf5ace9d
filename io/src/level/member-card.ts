// The card that a stopped member showed last, from its data directory: for tools and tests that play a member.
// Its next start counts one more, so nothing is taken from it.

import { decodeIdentity, encodeCard, idText } from "@disheap/core";
import { DataDirectoryError, readIdentity } from "./identity.js";

interface MemberCard {
  readonly card: Uint8Array;
  /** 16 hex digits. */
  readonly clusterId: string;
  readonly boots: number;
}

export async function memberCard(directory: string, node: string): Promise<MemberCard> {
  const found = await readIdentity(directory);
  const identity = found?.record && decodeIdentity(found.record);
  const founding = identity?.founding;
  const own = founding?.founders.find(({ name }) => name === node);
  if (!found || !identity?.isFormed || !founding || !own) {
    throw new DataDirectoryError(`${directory} does not belong to ${node} of a formed cluster.`);
  }
  const { cluster } = founding;
  const { boots, nonce } = identity;
  const card = encodeCard({
    cluster,
    storeId: found.storeUuid,
    boots,
    nonce,
  });
  return { card, clusterId: idText(cluster), boots };
}

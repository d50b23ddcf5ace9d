// Why a data directory cannot be this node's (D-38, D-88), as sentences for the operator.

import { MalformedInput } from "../lib/bytes.js";
import { levelProblem } from "../machine/levels/known.js";
import type { HostConfig } from "../member/config.js";
import { decodeIdentity, idText, type NodeIdentity } from "../wire/identity-record.js";

/** The bytes of an identity record: judged before the store beside it is even opened. */
export function recordProblem(record: Uint8Array): string | undefined {
  try {
    const { level, draft } = decodeIdentity(record);
    const problem = levelProblem(level, draft);
    return problem && `The data directory of this node is of another version. ${problem}`;
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error;
    return (
      `The identity file of this node cannot be read: ${error.message}. Restore it from a backup; ` +
      "without it this store cannot be trusted."
    );
  }
}

/** The identity beside the store, and the list that the node was given. */
export function identityProblem(
  { founding, isFormed }: NodeIdentity,
  storeId: string,
  { node, members }: HostConfig,
): string | undefined {
  if (founding === undefined) return undefined;
  const cluster = idText(founding.cluster);
  const own = founding.founders.find(({ name }) => name === node);
  const founders = founding.founders.map(({ name }) => name);
  if (own === undefined) {
    return (
      `This data directory belongs to a member of cluster ${cluster} (${founders.join(", ")}), and this ` +
      `node is called ${node}. Start it under the name it had, or give it a data directory of its own.`
    );
  }
  if (own.storeId !== storeId) {
    const other = founding.founders.find((founder) => founder.storeId === storeId);
    return (
      `This data directory holds ${other ? `the store of ${other.name}` : "another store than it was made with"}, ` +
      `not that of ${node}. Give ${node} its own data directory back.`
    );
  }
  const listed = members.map(({ name }) => name);
  const isSame = founders.length === listed.length && founders.every((f) => listed.includes(f));
  if (isSame) return undefined;
  if (!isFormed) {
    return (
      `This data directory holds the unfinished record of a cluster of ${founders.join(", ")}, and the member ` +
      `list of this node names ${listed.join(", ")}. Start every one of them with a list of the former: what was ` +
      "begun is then finished."
    );
  }
  return (
    `The cluster ${cluster} was formed by ${founders.join(", ")}, and the member list of this node names ` +
    `${listed.join(", ")}. Members cannot be added or removed in this version: start it with the list of the ` +
    "founders (their addresses may have changed)."
  );
}

/** The identity counts a start first, the store second: more than one apart, they are of different days. */
export function startsProblem(identityBoots: number, storeBoots: number): string | undefined {
  if (identityBoots === storeBoots || identityBoots === storeBoots + 1) return undefined;
  return (
    `The identity file counts ${identityBoots} starts of this node, its store ${storeBoots}: one of the two was ` +
    "copied or put back to an older state. This node must not vote with it. Put back the newest of both; a " +
    "member that lost its store stays out, and the others serve while a majority of all is up."
  );
}

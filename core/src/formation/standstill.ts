// Every member was heard, none is formed, all have the same list: can they go on by themselves? A record is
// finished by its minter, and taken by members that hold none or an earlier attempt of it. So they stand still
// while somebody holds a record that its minter has lost, or that of another cluster than the one being made.
// Such a record never let anybody vote: its holder may be emptied, and is then a founder like any other.

import { sameId, type Founding } from "../wire/identity-record.js";
import { minterOf } from "./records.js";
import { lostMinter, otherRecord } from "./sentences.js";

/** `members` in the order of the list, so that all members name the same ones. */
export function standstill(
  members: readonly { readonly name: string; readonly record: Founding | undefined }[],
): string | undefined {
  const holders = members.flatMap(({ name, record }) => (record ? [{ name, record }] : []));
  const going = holders.find(({ name, record }) => minterOf(record) === name);
  const strangers = holders
    .filter(({ record }) => going === undefined || !sameId(record.cluster, going.record.cluster))
    .map(({ name }) => name);
  if (strangers.length === 0) return undefined;
  if (going) return otherRecord(going.name, strangers);
  return lostMinter(minterOf(holders[0].record), strangers);
}

// What the unfinished record of a cluster says, by names: the order of a list may change between two starts.

import { sameId, type Founding } from "../wire/identity-record.js";
import type { FormationNews } from "../wire/formation-news.js";

/** Who made the record, and alone may finish it: its first founder. */
export function minterOf(founding: Founding): string {
  return founding.founders.at(0)?.name ?? "nobody";
}

export function storeOf(founding: Founding, member: string): string | undefined {
  return founding.founders.find(({ name }) => name === member)?.storeId;
}

/** The founders are the listed members, in whichever order. */
export function fits({ founders }: Founding, names: readonly string[]): boolean {
  return founders.length === names.length && founders.every(({ name }) => names.includes(name));
}

/** Of the record that a member says it has synced; 0: it has none. */
export function attemptOf(news: FormationNews): number {
  return news.status === "none" ? 0 : news.founding.attempt;
}

export function hasSynced(
  news: FormationNews | undefined,
  { cluster, attempt }: Founding,
): boolean {
  if (news === undefined || news.status === "none") return false;
  return sameId(news.founding.cluster, cluster) && news.founding.attempt === attempt;
}

// What a node tells its operator while a cluster forms, or when it cannot become a member.

const KEEP =
  "Put the old data directory back if you have it. A member that lost its store stays out: replacing one " +
  "does not exist in this version; the other members serve while a majority of all is up.";

/** `missing`: nothing was heard of them since this start. `silent`: nothing lately. */
export function unheard(missing: readonly string[], silent: readonly string[]): string {
  const parts = [
    ...(missing.length > 0 ? [`not heard yet: ${missing.join(", ")}`] : []),
    ...(silent.length > 0 ? [`not heard any more: ${silent.join(", ")}`] : []),
  ];
  return `the first start of a cluster needs every listed member; ${parts.join("; ")}`;
}

export function beingWritten(late: readonly string[]): string {
  const heard = "every listed member was heard; the record of the cluster is being written";
  return late.length === 0 ? heard : `${heard}, and not synced yet by ${late.join(", ")}`;
}

export function othersTurn(minter: string): string {
  return (
    `every listed member was heard; ${minter} makes the record of the cluster. If this stays so, see on ` +
    `${minter} what it waits for`
  );
}

export function otherList(name: string, said: string, own: string): string {
  return (
    `${name} was started with another member list (${said}) than this node (${own}). Give every node ` +
    "the same list in the same order"
  );
}

/** What makes it safe to empty a directory: a record that is not formed never let anybody vote. */
const UNWRITTEN = "No data was ever written";

export function sameStore(one: string, other: string): string {
  return (
    `${one} and ${other} show the same store: the data directory of one is a copy of the other's, and nobody could ` +
    `tell them apart later. ${UNWRITTEN}: stop ${other}, empty its data directory, and start it again`
  );
}

export function lostMinter(minter: string, holders: readonly string[]): string {
  return (
    `${minter} has lost the unfinished record of this cluster, which ${holders.join(", ")} still ` +
    `${holders.length === 1 ? "holds" : "hold"}. ${UNWRITTEN}: stop all members, empty all their data ` +
    "directories, and start them again"
  );
}

/** `minter` holds a record that it can finish; the strangers hold that of another cluster. */
export function otherRecord(minter: string, strangers: readonly string[]): string {
  const [isOne, all] = [strangers.length === 1, strangers.join(", ")];
  return (
    `${all} ${isOne ? "holds" : "hold"} the unfinished record of another cluster than the one that ${minter} ` +
    `makes. ${UNWRITTEN}: stop ${all}, empty ${isOne ? "its data directory, and start it" : "their data directories, and start them"} again`
  );
}

export function emptied(own: string, other: string, cluster: string): string {
  return (
    `${other} knows ${own} as a member of cluster ${cluster} with another store: the data directory of ` +
    `this node was emptied or exchanged, so it has forgotten its votes and must not vote again. ${KEEP} If it is ` +
    `${other} that does not belong here, since this is the first start of a cluster: stop ${other}, and start it with an ` +
    "empty data directory."
  );
}

export function putBack(own: string, other: string, cluster: string): string {
  return (
    `${other} knows ${own} as a member of cluster ${cluster} with this very store, whose record is gone here: ` +
    "the data directory of this node was put back to an older state, so it may have forgotten its votes and " +
    `must not vote again. ${KEEP}`
  );
}

export function notAMember(own: string, other: string, cluster: string): string {
  return (
    `${other} belongs to cluster ${cluster}, of which ${own} is no member. Adding members does not exist ` +
    `in this version: start this node with a member list of its own.`
  );
}

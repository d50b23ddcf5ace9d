// What a node tells its operator while a cluster forms, or when it cannot become a member.

const KEEP =
  "Put the old data directory back if you have it. A member that lost its store stays out: replacing one " +
  "does not exist in this version; the other members keep serving.";

export function unheard(names: readonly string[]): string {
  return names.length === 0
    ? "every listed member was heard; the record of the cluster is being written"
    : `the first start of a cluster needs every listed member; not heard yet: ${names.join(", ")}`;
}

export function otherList(name: string, said: string, own: string): string {
  return (
    `${name} was started with another member list (${said}) than this node (${own}). Give every node ` +
    "the same list in the same order"
  );
}

export function lostMinter(minter: string, holders: readonly string[]): string {
  return (
    `${minter} has lost the unfinished record of this cluster, which ${holders.join(", ")} still ` +
    "hold. No data was ever written: stop all members, empty all their data directories, and start them again"
  );
}

export function emptied(own: string, other: string, cluster: string): string {
  return (
    `${other} knows ${own} as a member of cluster ${cluster} with another store: the data directory of ` +
    `this node was emptied or exchanged, so it has forgotten its votes and must not vote again. ${KEEP}`
  );
}

export function notAMember(own: string, other: string, cluster: string): string {
  return (
    `${other} belongs to cluster ${cluster}, of which ${own} is no member. Adding members does not exist ` +
    `in this version: start this node with a member list of its own.`
  );
}

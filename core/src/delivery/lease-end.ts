// How a message's newest lease ended (D-91). Only one that ended by expiry may be taken back later, and
// only once. The numbers are in state hashes: never change one. 4 (moved) and 5 (replayed) are kept for
// the operations of those names.

export const LeaseEnd = { none: 0, expired: 1, settled: 2, released: 3 } as const;

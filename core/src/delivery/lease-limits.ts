// Lease life in all, from the grant, however often it is extended (wire contract, section 11).

export const LEASE_LIFE_MAX_MS = 12 * 3_600_000;

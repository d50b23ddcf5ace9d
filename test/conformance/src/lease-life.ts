// The longest time that a lease lives from its grant, and so the longest visibility and extension (contract, section 11).

export const LEASE_LIFE_MAX_MS = 12 * 3_600_000;

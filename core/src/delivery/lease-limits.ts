// Lease life in all, from the grant, however often it is extended (wire contract, section 11).

export const LEASE_LIFE_MAX_MS = 12 * 3_600_000;

/**
 * What the grants of one entry take together, so that applying and answering an entry is a bounded step
 * whoever proposed it (D-89). Who got less asks again.
 */
export const ENTRY_LEASES_MAX = 4096;
export const ENTRY_GRANT_BYTES_MAX = 16 << 20;

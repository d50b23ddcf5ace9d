// What is believed of wall clocks, whoever reads them and however wrong they are.

/**
 * No clock moves time beyond this, the year 6429: stamps and deadlines have 48 bits everywhere, and one that
 * wrapped would go back (D-89).
 */
export const WALL_MAX_MS = 2 ** 47;

// When a consumer moves to the node that leads what it consumes. Only a leader that stays is worth it: deliveries
// that nobody has started go back and come again.
//   MV1 a consumer moves to a node that was the leader, by all it heard, for `settledMsMin` without a break;
//   MV2 between two moves, or tries, is `restMsMin` at least.

/** Elections come in rows. */
const settledMsMin = 2_000;
const restMsMin = 15_000;

export class Moving<Place> {
  readonly #home: () => Place | undefined;
  #wanted: Place | undefined;
  #sinceMs = 0;
  #triedMs = Number.NEGATIVE_INFINITY;

  /** `home`: where the leader is, as far as it is known and well. */
  constructor(home: () => Place | undefined) {
    this.#home = home;
  }

  /** Where to go from `at` now; asking counts as a try. */
  next(at: Place, nowMs: number): Place | undefined {
    const home = this.#home();
    if (home !== this.#wanted) {
      this.#wanted = home;
      this.#sinceMs = nowMs;
    }
    if (home === undefined || home === at) return undefined;
    if (nowMs - this.#sinceMs < settledMsMin || nowMs - this.#triedMs < restMsMin) return undefined;
    this.#triedMs = nowMs;
    return home;
  }
}

// Searches the partitions of a history in turns, so that a hard one cannot hide an illegal one.
//
// TURN1. Every partition has its first turn before any has its second, the easiest first.
// TURN2. A turn is FIRST_TURN_STEPS long, or an eighth of what the partition has had, whichever is more:
//     when one is decided after S steps, none has had more than S and one turn. The first illegal
//     one ends the search, which so costs at most that times the number of partitions.
// TURN3. What all suspended searches remember counts together against one bound. Beyond it the largest
//     is put off: it forgets what it found, and starts anew when no other can go on. It is given up
//     only when it breaks the bound alone.
// TURN4. Nothing here reads a clock: the same history is searched in the same order in every run.
import { easiestFirst } from "./difficulty.js";
import type { Model, Operation, Partition } from "./model.js";
import type { GiveUpReason, PartitionResult } from "./result.js";
import { pick, resultOf, untouched } from "./result.js";
import { Search } from "./search.js";

const FIRST_TURN_STEPS = 64;
/** Between two looks at the budget. */
const STEPS_AT_ONCE = 512;

/** The length of the next turn of a partition that has had so many steps (TURN2). */
export function turnSteps(stepsBefore: number): number {
  return Math.max(FIRST_TURN_STEPS, stepsBefore >> 3);
}

/** A partition's place at the table. */
interface Seat<S, I, O> {
  readonly at: number;
  readonly part: Partition;
  /** Present from its first turn until it is put off or finished. */
  search: Search<S, I, O> | undefined;
  /** Also those of a search that was put off. */
  steps: number;
  bytes: number;
  state: "playing" | "put off" | "finished";
}

interface TurnOptions {
  /** Bound on what all searches remember together. */
  readonly memoryBytes: number;
  /** Go on after an illegal partition. */
  readonly allPartitions: boolean;
}

/** The search that is running at this moment. */
interface Running {
  readonly partition: number;
  readonly key: string;
  readonly configurations: number;
  readonly states: number;
  readonly placed: number;
  readonly operations: number;
}

export class Turns<S, I, O> {
  readonly #model: Model<S, I, O>;
  readonly #operations: readonly Operation<I, O>[];
  readonly #options: TurnOptions;
  /** Easiest first. */
  readonly #seats: readonly Seat<S, I, O>[];
  /** By place in the model's partition. */
  readonly #results: (PartitionResult | undefined)[];
  #bytes = 0;
  #finished = 0;

  constructor(
    model: Model<S, I, O>,
    operations: readonly Operation<I, O>[],
    parts: readonly Partition[],
    options: TurnOptions,
  ) {
    this.#model = model;
    this.#operations = operations;
    this.#options = options;
    this.#results = parts.map(() => undefined);
    this.#seats = easiestFirst(model, operations, parts).flatMap((at): Seat<S, I, O>[] => {
      const part = parts[at];
      if (part === undefined) return [];
      return [{ at, part, search: undefined, steps: 0, bytes: 0, state: "playing" }];
    });
  }

  /** Partitions with a verdict. */
  get finished(): number {
    return this.#finished;
  }

  get steps(): number {
    return this.#seats.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** The results so far, in the order of the model's partition. */
  get results(): PartitionResult[] {
    return this.#results.flatMap((result) => result ?? []);
  }

  /** Plays until all is decided or one is illegal. Yields after every short run, to be stopped there. */
  *play(): Generator<Running, void> {
    for (;;) {
      let round = this.#seats.filter(({ state }) => state === "playing");
      if (round.length === 0) round = this.#takeBack();
      if (round.length === 0) return;
      for (const seat of round) if (yield* this.#turn(seat)) return;
    }
  }

  /** Ends what is still unfinished without a verdict. */
  giveUp(reason: GiveUpReason): void {
    for (const seat of this.#seats) {
      if (seat.state !== "finished") this.#finishUnknown(seat, reason);
    }
  }

  /** One turn; true when the whole search is over. */
  *#turn(seat: Seat<S, I, O>): Generator<Running, boolean> {
    const { at, part } = seat;
    const { key, operations } = part;
    const end = seat.steps + turnSteps(seat.steps);
    // A partition that was put off in this round has no turn in it any more.
    while (seat.state === "playing" && seat.steps < end) {
      const search = (seat.search ??= new Search(this.#model, pick(this.#operations, operations)));
      const before = search.steps;
      const status = search.run(Math.min(STEPS_AT_ONCE, end - seat.steps));
      seat.steps += search.steps - before;
      if (status === "running") this.#count(seat, search.bytes);
      else this.#finish(seat, search);
      if (status === "illegal" && !this.#options.allPartitions) return true;
      const { configurations, deepest: placed } = search;
      const states = search.table.size;
      yield { partition: at, key, configurations, states, placed, operations: operations.length };
    }
    return false;
  }

  /** TURN3: counts what a search holds now, and makes room when all of them hold too much. */
  #count(seat: Seat<S, I, O>, bytes: number): void {
    this.#bytes += bytes - seat.bytes;
    seat.bytes = bytes;
    while (this.#bytes > this.#options.memoryBytes) {
      const holders = this.#seats.filter(({ search }) => search !== undefined);
      const largest = holders.reduce((a, b) => (b.bytes > a.bytes ? b : a), seat);
      if (holders.length <= 1) this.#finishUnknown(largest, "memory");
      else {
        largest.state = "put off";
        this.#drop(largest);
      }
    }
  }

  /** Those put off play again, from the beginning. */
  #takeBack(): Seat<S, I, O>[] {
    const back = this.#seats.filter(({ state }) => state === "put off");
    for (const seat of back) seat.state = "playing";
    return back;
  }

  #finish(seat: Seat<S, I, O>, search: Search<S, I, O>): void {
    this.#finished += 1;
    seat.state = "finished";
    this.#results[seat.at] = this.#result(seat, search);
    this.#drop(seat);
  }

  #finishUnknown(seat: Seat<S, I, O>, reason: GiveUpReason): void {
    seat.state = "finished";
    this.#results[seat.at] =
      seat.search === undefined
        ? untouched(seat.part, seat.steps, reason)
        : this.#result(seat, seat.search, reason);
    this.#drop(seat);
  }

  #result(
    { part, steps }: Seat<S, I, O>,
    search: Search<S, I, O>,
    reason?: GiveUpReason,
  ): PartitionResult {
    return resultOf(this.#model, this.#operations, part, search, steps, reason);
  }

  #drop(seat: Seat<S, I, O>): void {
    seat.search = undefined;
    this.#bytes -= seat.bytes;
    seat.bytes = 0;
  }
}

// How a cluster is made, once (D-88). Every listed member says in short intervals what it knows. The first
// of the list, the minter, waits until it has heard every other one in this life of its process: no cluster,
// the same list, a store. It makes the record of the cluster, syncs it and sends it; each member syncs it
// and says so; when all did, the minter syncs that the cluster is formed, and the others do so on the word
// of any formed member. No group exists on a node before its own record is formed: that is the vote gate.
// Once there is a record its first founder is its minter, whatever order the lists have by now.
//
// F1 A cluster is minted only by a node that knows of none, and only when nobody else knows of one either.
// F2 Nothing that was said to an earlier life of a process counts for this one: what is said names the life.
// F3 A record is formed only when every founder has synced this attempt of it.
// F4 Whatever the members hold and whoever is heard first: either the next step is taken by itself, or
//    `waitsFor` or `refusal` says what is the matter and what to do.
// F5 No two founders have the same store id: of a directory that was copied before there was a cluster, each copy
//    would pass for the other for ever.
//
// Pure: `hear` and `tick` change the state, `take` hands out what has to be synced or said.

import { assert } from "../lib/assert.js";
import { majorityReached } from "../lib/majority.js";
import { WALL_MAX_MS } from "../lib/wall-max.js";
import { idText, sameId, type Founding, type Id64 } from "../wire/identity-record.js";
import type { FormationNews } from "../wire/formation-news.js";
import { attemptOf, fits, hasSynced, minterOf, storeOf } from "./records.js";
import * as say from "./sentences.js";
import { standstill } from "./standstill.js";

export interface FormationOptions {
  /** Place of this node in the list, from 1; the first is the minter. */
  readonly place: number;
  /** The names of the list, in its order. */
  readonly names: readonly string[];
  /** The whole list, order included: all founders must have been given the same. */
  readonly list: string;
  readonly storeId: string;
  readonly machine: string;
  /** Of this process. */
  readonly life: Id64;
  /** The id that the cluster gets if this node mints it. */
  readonly mint: Id64;
  /** What this node had synced of an unfinished cluster. */
  readonly unfinished: Founding | undefined;
}

interface Heard {
  readonly news: FormationNews;
  /** It was said to this life of this process (F2). */
  readonly isToUs: boolean;
  /** When it was said, in beats of this process. */
  readonly beat: number;
}

type All = ReadonlyMap<number, FormationNews>;

/** Of the list: it mints. */
const FIRST = 1;

/**
 * Who has said nothing for so many beats is not heard any more. A standstill is believed when it lasted longer
 * than that: then everybody has said after it began what it still holds, and nobody was formed meanwhile.
 */
const FRESH_BEATS = 10;

export class Formation {
  private readonly options: FormationOptions;
  private readonly heard = new Map<number, Heard>();
  private founding: Founding | undefined;
  /** What has to be synced before anything else happens. */
  private writing: { readonly founding: Founding; readonly isFormed: boolean } | undefined;
  private isWritten = false;
  private beats = 0;
  private stillBeats = 0;
  /** This node's wall clock, as of the present step. */
  wallMs = 0;
  /** The cluster: set once, when the formed record is synced. */
  formed: Founding | undefined;
  /** Why this node cannot become a member with this store, whatever happens. */
  refusal: string | undefined;

  constructor(options: FormationOptions) {
    this.options = options;
    this.founding = options.unfinished;
    this.decide();
  }

  get others(): number[] {
    return this.options.names.map((_, i) => i + 1).filter((place) => place !== this.options.place);
  }

  /** Whether something was said to this life of this process. */
  knows(life: Id64): boolean {
    return sameId(life, this.options.life);
  }

  hear(from: number, news: FormationNews): void {
    const isToUs = this.knows(news.to);
    this.heard.set(from, { news, isToUs, beat: this.beats });
    if (this.formed !== undefined || this.refusal !== undefined || !isToUs) return;
    if (news.status === "formed") this.hearFormed(from, news.founding);
    else if (news.status === "unfinished") this.hearUnfinished(from, news);
    this.decide();
  }

  /** Members say what they know once a beat: whoever falls silent is noticed. */
  beat(): void {
    this.beats += 1;
    const isStill = this.missing === undefined && this.standstill() !== undefined;
    this.stillBeats = isStill ? this.stillBeats + 1 : 0;
  }

  /** The record to sync next; `written` reports its completion. */
  takeWrite(): { readonly founding: Founding; readonly isFormed: boolean } | undefined {
    if (this.writing === undefined || this.isWritten) return undefined;
    this.isWritten = true;
    return this.writing;
  }

  written(): void {
    const { writing } = this;
    assert(writing !== undefined, "F3: a record was written that nobody asked for");
    this.writing = undefined;
    this.isWritten = false;
    this.founding = writing.founding;
    if (writing.isFormed) this.formed = writing.founding;
    this.decide();
  }

  /** What this node says to another one now: only what is synced. */
  newsFor(place: number): FormationNews {
    const { list, storeId, machine, life } = this.options;
    const to = this.heard.get(place)?.news.from ?? { hi: 0, lo: 0 };
    const { wallMs } = this;
    const about = { kind: "formation", from: life, to, list, storeId, machine, wallMs } as const;
    if (this.formed) return { ...about, status: "formed", founding: this.formed };
    if (this.founding) return { ...about, status: "unfinished", founding: this.founding };
    return { ...about, status: "none" };
  }

  /** A sentence for people: what the formation waits for. */
  get waitsFor(): string {
    const still = this.stillBeats > FRESH_BEATS ? this.standstill() : undefined;
    return this.missing ?? still ?? this.underWay();
  }

  /** Who is not there as it should be, in words. */
  private get missing(): string | undefined {
    const { names, list } = this.options;
    for (const place of this.others) {
      const said = this.isHeard(place) ? this.heard.get(place)?.news.list : undefined;
      if (said !== undefined && said !== list) return say.otherList(names[place - 1], said, list);
    }
    const unheard = this.others.filter((place) => this.heard.get(place)?.isToUs !== true);
    const silent = this.others.filter((p) => !unheard.includes(p) && !this.isHeard(p));
    if (unheard.length + silent.length === 0) return undefined;
    return say.unheard(this.named(unheard), this.named(silent));
  }

  private standstill(): string | undefined {
    const all = this.everyone();
    if (all === undefined) return undefined;
    const isFormed = [...all.values()].some(({ status }) => status === "formed");
    if (isFormed) return undefined;
    const same = this.sameStores(all);
    return same ? say.sameStore(...same) : standstill(this.holdings(all));
  }

  /** Nobody has to do anything: what this node expects next. */
  private underWay(): string {
    const { founding, own } = this;
    const minter = founding ? minterOf(founding) : this.options.names[FIRST - 1];
    if (minter !== own) return say.othersTurn(minter);
    const isLate = (place: number): boolean =>
      founding !== undefined && !hasSynced(this.heard.get(place)?.news, founding);
    return say.beingWritten(this.named(this.others.filter(isLate)));
  }

  private holdings(all: All): { name: string; record: Founding | undefined }[] {
    const recordOf = (place: number): Founding | undefined => {
      const news = all.get(place);
      return news === undefined || news.status === "none" ? undefined : news.founding;
    };
    return this.options.names.map((name, i) => {
      return { name, record: name === this.own ? this.founding : recordOf(i + 1) };
    });
  }

  private get own(): string {
    return this.options.names[this.options.place - 1];
  }

  private named(places: readonly number[]): string[] {
    return places.map((place) => this.options.names[place - 1]);
  }

  /** It said something lately, to whichever life. */
  private isHeard(place: number): boolean {
    const heard = this.heard.get(place);
    return heard !== undefined && this.beats - heard.beat <= FRESH_BEATS;
  }

  /** What every other member said to this life last; nothing while one is missing (F1, F2). */
  private everyone(): All | undefined {
    const all = new Map<number, FormationNews>();
    for (const place of this.others) {
      const heard = this.heard.get(place);
      if (heard?.isToUs !== true) return undefined;
      all.set(place, heard.news);
    }
    return all;
  }

  /** A formed member's word: this node belongs to that cluster with this store, or it never will. */
  private hearFormed(from: number, founding: Founding): void {
    const { names, storeId } = this.options;
    const { own } = this;
    const other = names[from - 1];
    const mine = founding.founders.find(({ name }) => name === own);
    const cluster = idText(founding.cluster);
    if (mine === undefined) {
      this.refusal = say.notAMember(own, other, cluster);
      return;
    }
    const known = this.founding;
    const isOurs =
      known !== undefined &&
      sameId(known.cluster, founding.cluster) &&
      known.attempt === founding.attempt &&
      mine.storeId === storeId;
    if (isOurs) this.write(founding, true);
    else if (mine.storeId === storeId) this.refusal = say.putBack(own, other, cluster);
    else this.refusal = say.emptied(own, other, cluster);
  }

  /** A minter's unfinished record: taken when it names this very store. */
  private hearUnfinished(from: number, news: FormationNews & { founding: Founding }): void {
    const { names, storeId, list } = this.options;
    const { founding } = news;
    const known = this.founding;
    const isMinters = minterOf(founding) === names[from - 1];
    if (!isMinters || news.list !== list || !fits(founding, names)) return;
    const isNews =
      known === undefined ||
      (sameId(known.cluster, founding.cluster) && founding.attempt > known.attempt);
    if (isNews && storeOf(founding, this.own) === storeId) this.write(founding, false);
  }

  private write(founding: Founding, isFormed: boolean): void {
    // One record at a time: what is still missing is heard again.
    this.writing ??= { founding, isFormed };
  }

  /** The minter's next step, if there is one. */
  private decide(): void {
    if (this.writing || this.formed || this.refusal !== undefined) return;
    const all = this.everyone();
    if (all === undefined) return;
    if (this.founding === undefined) this.mintWhenAllAreNew(all);
    else if (minterOf(this.founding) === this.own) this.finishOrTryAgain(this.founding, all);
  }

  private mintWhenAllAreNew(all: All): void {
    const { list, place, mint, names } = this.options;
    if (place !== FIRST) return;
    for (const news of all.values()) {
      if (news.status !== "none" || news.list !== list) return;
    }
    if (this.sameStores(all) !== undefined) return;
    this.write(this.foundingOf(mint, 1, names, all), false);
  }

  /** Two members that show the same store, a copy: later nobody could tell the one from the other (F5). */
  private sameStores(all: All): readonly [string, string] | undefined {
    const seen = new Map<string, string>();
    for (const [i, name] of this.options.names.entries()) {
      const { storeId } = all.get(i + 1) ?? this.options;
      const other = seen.get(storeId);
      if (other !== undefined) return [other, name];
      seen.set(storeId, name);
    }
    return undefined;
  }

  private finishOrTryAgain(founding: Founding, all: All): void {
    const { list, names } = this.options;
    let isComplete = true;
    let newest = founding.attempt;
    let isAnotherNeeded = false;
    for (const [place, news] of all) {
      const isStranger = news.status !== "none" && !sameId(news.founding.cluster, founding.cluster);
      if (isStranger || news.status === "formed") return;
      const attempt = attemptOf(news);
      const isSame = storeOf(founding, names[place - 1]) === news.storeId;
      if (!isSame || attempt > founding.attempt) {
        // A directory was emptied or put back, and nothing was promised with the old one yet.
        if (news.list !== list) return;
        isAnotherNeeded = true;
      }
      newest = Math.max(newest, attempt);
      if (attempt !== founding.attempt) isComplete = false;
    }
    const order = founding.founders.map(({ name }) => name);
    if (this.sameStores(all) !== undefined) return;
    if (isAnotherNeeded) {
      this.write(this.foundingOf(founding.cluster, newest + 1, order, all), false);
    } else if (isComplete) this.write(founding, true);
  }

  private foundingOf(cluster: Id64, attempt: number, order: readonly string[], all: All): Founding {
    const { names } = this.options;
    const founders = order.map((name, i) => {
      const { storeId, machine } = all.get(names.indexOf(name) + 1) ?? this.options;
      return { id: i + 1, name, storeId, machine };
    });
    const clocks = names.map((_, i) => all.get(i + 1)?.wallMs ?? this.wallMs);
    const bornMs = Math.min(majorityReached(clocks), WALL_MAX_MS);
    return { cluster, attempt, bornMs, founders };
  }
}

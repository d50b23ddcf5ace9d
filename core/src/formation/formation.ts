// How a cluster is made, once (D-88). Every listed member says in short intervals what it knows. The first
// of the list, the minter, waits until it has heard every other one in this life of its process: no cluster,
// the same list, a store. It makes the record of the cluster, syncs it and sends it; each member syncs it
// and says so; when all did, the minter syncs that the cluster is formed, and the others do so on the word
// of any formed member. No group exists on a node before its own record is formed: that is the vote gate.
//
// F1 A cluster is minted only by a node that knows of none, and only when nobody else knows of one either.
// F2 Nothing that was said to an earlier life of a process counts for this one: what is said names the life.
// F3 A record is formed only when every founder has synced this attempt of it.
//
// Pure: `hear` and `tick` change the state, `take` hands out what has to be synced or said.

import { assert } from "../lib/assert.js";
import { majorityReached } from "../lib/majority.js";
import { idText, sameId, type Founding, type Id64 } from "../wire/identity-record.js";
import type { FormationNews } from "../wire/formation-news.js";
import { emptied, lostMinter, notAMember, otherList, unheard } from "./sentences.js";

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
}

const MINTER = 1;

export class Formation {
  private readonly options: FormationOptions;
  private readonly heard = new Map<number, Heard>();
  private founding: Founding | undefined;
  /** What has to be synced before anything else happens. */
  private writing: { readonly founding: Founding; readonly isFormed: boolean } | undefined;
  private isWritten = false;
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
    this.heard.set(from, { news, isToUs });
    if (this.formed !== undefined || this.refusal !== undefined) return;
    if (news.status === "formed") this.hearFormed(from, news.founding);
    else if (from === MINTER && news.status === "unfinished") this.hearMinter(news.founding);
    this.decide();
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
    const { names, list } = this.options;
    const missing = this.others.filter((place) => this.heard.get(place)?.isToUs !== true);
    for (const place of this.others) {
      const said = this.heard.get(place)?.news.list;
      if (said !== undefined && said !== list) return otherList(names[place - 1], said, list);
    }
    if (this.isMinterLost()) {
      return lostMinter(names[MINTER - 1], names.slice(MINTER));
    }
    return unheard(missing.map((place) => names[place - 1]));
  }

  private get isMinter(): boolean {
    return this.options.place === MINTER;
  }

  /** A formed member's word: this node belongs to that cluster with this store, or it never will. */
  private hearFormed(from: number, founding: Founding): void {
    const { names, place, storeId } = this.options;
    const [own, other] = [names[place - 1], names[from - 1]];
    const mine = founding.founders.find(({ name }) => name === own);
    const cluster = idText(founding.cluster);
    if (mine === undefined) {
      this.refusal = notAMember(own, other, cluster);
      return;
    }
    const known = this.founding;
    const isOurs =
      known !== undefined &&
      sameId(known.cluster, founding.cluster) &&
      known.attempt === founding.attempt &&
      mine.storeId === storeId;
    if (isOurs) this.write(founding, true);
    else this.refusal = emptied(own, other, cluster);
  }

  /** The minter's unfinished record: taken when it names this very store. */
  private hearMinter(founding: Founding): void {
    const { names, place, storeId } = this.options;
    const known = this.founding;
    if (this.isMinter) return;
    const isNews =
      known === undefined ||
      (sameId(known.cluster, founding.cluster) && founding.attempt > known.attempt);
    const mine = founding.founders.find(({ name }) => name === names[place - 1]);
    if (isNews && mine?.storeId === storeId) this.write(founding, false);
  }

  private write(founding: Founding, isFormed: boolean): void {
    // One record at a time: what is still missing is heard again.
    this.writing ??= { founding, isFormed };
  }

  /** The minter's next step, if there is one. */
  private decide(): void {
    if (!this.isMinter || this.writing || this.formed || this.refusal !== undefined) return;
    if (this.founding === undefined) this.mintWhenAllAreNew();
    else this.finishOrTryAgain(this.founding);
  }

  private mintWhenAllAreNew(): void {
    const { list } = this.options;
    for (const place of this.others) {
      const heard = this.heard.get(place);
      if (heard?.isToUs !== true) return;
      if (heard.news.status !== "none" || heard.news.list !== list) return;
    }
    this.write(this.foundingOf(this.options.mint, 1), false);
  }

  private finishOrTryAgain(founding: Founding): void {
    let isComplete = true;
    for (const place of this.others) {
      const heard = this.heard.get(place);
      if (heard?.isToUs !== true) return;
      const { news } = heard;
      const isSame = founding.founders[place - 1].storeId === news.storeId;
      if (!isSame && news.status === "none" && news.list === this.options.list) {
        // It came back with another store, and nothing was promised with the old one yet.
        this.write(this.foundingOf(founding.cluster, founding.attempt + 1), false);
        return;
      }
      const hasIt =
        news.status !== "none" &&
        sameId(news.founding.cluster, founding.cluster) &&
        news.founding.attempt === founding.attempt;
      if (!isSame || !hasIt) isComplete = false;
    }
    if (isComplete) this.write(founding, true);
  }

  private foundingOf(cluster: Id64, attempt: number): Founding {
    const { names, place, storeId, machine } = this.options;
    const founders = names.map((name, i) => {
      const news = this.heard.get(i + 1)?.news;
      if (i + 1 === place) return { id: i + 1, name, storeId, machine };
      assert(news !== undefined, "F1: every founder was heard");
      return { id: i + 1, name, storeId: news.storeId, machine: news.machine };
    });
    const clocks = names.map((_, i) => this.heard.get(i + 1)?.news.wallMs ?? this.wallMs);
    return { cluster, attempt, bornMs: majorityReached(clocks), founders };
  }

  /** Every other member holds an unfinished record that the minter has forgotten. */
  private isMinterLost(): boolean {
    const { place } = this.options;
    const says = (other: number): string | undefined => this.heard.get(other)?.news.status;
    const holders = this.options.names
      .map((_, i) => i + 1)
      .filter((p) => p !== MINTER)
      .map((p) => (p === place ? (this.founding ? "unfinished" : "none") : says(p)));
    const minter = this.isMinter ? (this.founding ? "unfinished" : "none") : says(MINTER);
    return holders.length > 0 && minter === "none" && holders.every((s) => s === "unfinished");
  }
}

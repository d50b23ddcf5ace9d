// Members that form a cluster, with disks, restarts, emptied directories and words on their way. A word dies
// with the process that said it, and three beats after it was said: a link holds it no longer.

import { Formation } from "../../src/formation/formation.js";
import type { FormationNews } from "../../src/wire/formation-news.js";
import { idText, type Founding } from "../../src/wire/identity-record.js";

export interface Disk {
  storeId: string;
  founding: Founding | undefined;
  isFormed: boolean;
}

interface Word {
  readonly from: number;
  readonly to: number;
  readonly news: FormationNews;
  readonly beat: number;
}

const WORD_BEATS = 3;

export class Town {
  readonly names: readonly string[];
  readonly disks: Disk[];
  /** Undefined: it ended, with a sentence. */
  readonly processes: (Formation | undefined)[];
  readonly ends: (string | undefined)[];
  private readonly orders: (readonly string[])[];
  private words: Word[] = [];
  private lives = 0;
  private stores = 0;
  private beats = 0;
  readonly everFormed = new Set<string>();

  constructor(disks: readonly Disk[], orders: readonly (readonly string[])[]) {
    this.names = disks.map((_, i) => `n${i + 1}`);
    this.disks = disks.map((disk) => ({ ...disk }));
    this.orders = [...orders];
    this.processes = disks.map(() => undefined);
    this.ends = disks.map(() => undefined);
    for (const i of disks.keys()) this.start(i);
  }

  start(i: number, order = this.orders[i]): void {
    this.words = this.words.filter(({ from }) => from !== i);
    this.orders[i] = order;
    this.ends[i] = undefined;
    this.lives += 1;
    const { storeId, founding, isFormed } = this.disks[i];
    const process = new Formation({
      place: order.indexOf(this.names[i]) + 1,
      names: order,
      list: order.map((name) => `${name}=${name}:1`).join(","),
      storeId,
      machine: this.names[i],
      life: { hi: i + 1, lo: this.lives },
      mint: { hi: 0xc1, lo: this.lives },
      unfinished: founding,
    });
    process.wallMs = 1000;
    if (isFormed) process.formed = founding;
    this.processes[i] = process;
  }

  empty(i: number): void {
    this.stores += 1;
    this.disks[i] = { storeId: `new-${this.stores}`, founding: undefined, isFormed: false };
    this.start(i);
  }

  say(from: number, to: number): void {
    const [speaker, order] = [this.processes[from], this.orders[from]];
    if (!speaker || from === to) return;
    const news = speaker.newsFor(order.indexOf(this.names[to]) + 1);
    this.words.push({ from, to, news, beat: this.beats });
  }

  /** One of those under way, in any order. */
  arrive(pick: number): void {
    if (this.words.length === 0) return;
    const [word] = this.words.splice(pick % this.words.length, 1);
    const hearer = this.processes[word.to];
    hearer?.hear(this.orders[word.to].indexOf(this.names[word.from]) + 1, word.news);
    if (hearer?.refusal === undefined || hearer.formed) return;
    this.ends[word.to] = hearer.refusal;
    this.processes[word.to] = undefined;
  }

  /** What is to be written is synced; with a crash, the process dies before it hears of that. */
  sync(i: number, isCrash = false): void {
    const process = this.processes[i];
    const write = process?.takeWrite();
    if (!process || !write) return;
    this.disks[i] = { ...this.disks[i], ...write };
    if (write.isFormed) this.everFormed.add(idText(write.founding.cluster));
    if (isCrash) this.start(i);
    else process.written();
  }

  beat(): void {
    this.beats += 1;
    for (const process of this.processes) if (process && !process.formed) process.beat();
    this.words = this.words.filter(({ beat }) => this.beats - beat <= WORD_BEATS);
  }

  /** Everybody is up and speaks with everybody until nothing changes any more, and for longer. */
  settle(): void {
    for (const i of this.names.keys()) if (!this.processes[i]) this.start(i);
    for (let round = 0; round < 25; round += 1) {
      for (const i of this.names.keys()) for (const k of this.names.keys()) this.say(i, k);
      while (this.words.length > 0) this.arrive(0);
      for (const i of this.names.keys()) this.sync(i);
      this.beat();
    }
  }

  get formedClusters(): Set<string> {
    return new Set(
      this.disks.flatMap(({ founding, isFormed }) =>
        founding && isFormed ? [idText(founding.cluster)] : [],
      ),
    );
  }

  get isCluster(): boolean {
    return this.processes.every((process) => process?.formed !== undefined);
  }

  orderOf(i: number): readonly string[] {
    return this.orders[i];
  }
}

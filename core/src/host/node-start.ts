// From an opened store to a member that takes part (D-38, D-88). In order: the identity record is read and
// compared with the store and the configured list; the store is read and verified; this start is counted in
// the identity first and in the store second; then the node shows its card to its peers. Without a formed
// record the cluster forms first. No group exists before that.

import { hash32 } from "../lib/hash.js";
import { Formation } from "../formation/formation.js";
import type { HostContext, OutgoingFrame } from "../member/context.js";
import { NEWEST_LEVEL } from "../machine/levels/known.js";
import type { FormationNews } from "../wire/formation-news.js";
import { FrameBuilder, type Frame } from "../wire/frames.js";
import { decodeIdentity, type Founding, type NodeIdentity } from "../wire/identity-record.js";
import { encodeCard } from "../wire/peer-card.js";
import { IdentityKeeper } from "./identity-keeper.js";
import { identityProblem, recordProblem, startsProblem } from "./start-problems.js";

interface StartParts {
  readonly context: HostContext;
  /** The identity counts this start: now the store may. */
  readonly counted: (boots: number) => void;
  readonly join: (founding: Founding) => void;
  readonly fatal: (message: string) => void;
}

const UNKNOWN: NodeIdentity = {
  level: NEWEST_LEVEL.number,
  draft: NEWEST_LEVEL.draft,
  boots: 0,
  nonce: { hi: 0, lo: 0 },
  isFormed: false,
  founding: undefined,
  met: new Map(),
};

export class NodeStart {
  private readonly parts: StartParts;
  private storeId = "";
  private found = UNKNOWN;
  /** Set once this start is being counted. */
  keeper: IdentityKeeper | undefined;
  private formation: Formation | undefined;
  private formationVersion = 0;
  private ticks = 0;
  private frames: OutgoingFrame[] = [];
  private card: Uint8Array | undefined;

  constructor(parts: StartParts) {
    this.parts = parts;
  }

  /** The store is open. False: it is not this node's, and a sentence was said. */
  opened(storeId: string, identity: Uint8Array | undefined): boolean {
    this.storeId = storeId;
    const unreadable = identity && recordProblem(identity);
    if (unreadable !== undefined) {
      this.parts.fatal(unreadable);
      return false;
    }
    if (identity) this.found = decodeIdentity(identity);
    const problem = identityProblem(this.found, storeId, this.parts.context.config);
    if (problem !== undefined) this.parts.fatal(problem);
    return problem === undefined;
  }

  /** The store is read: it counts so many starts. This one is written down before anything else. */
  count(storeBoots: number): void {
    const problem = startsProblem(this.found.boots, storeBoots);
    if (problem !== undefined) {
      this.parts.fatal(problem);
      return;
    }
    const { seedHi, seedLo } = this.parts.context.config;
    const boots = storeBoots + 1;
    const nonce = { hi: hash32(seedHi, 0x6e6f6e, boots), lo: hash32(seedLo, 0x6e6f6f, boots) };
    this.keeper = new IdentityKeeper(this.found);
    this.keeper.change({ boots, nonce });
  }

  /** The identity was synced: a step of the start, or a life that was met. */
  identified(): void {
    const { keeper, formation } = this;
    if (!keeper) return;
    const isFirst = keeper.durable === 0;
    keeper.written();
    if (isFirst) this.parts.counted(keeper.value.boots);
    else if (formation && this.formationVersion !== 0 && keeper.durable >= this.formationVersion) {
      this.formationVersion = 0;
      formation.written();
      this.afterFormation(formation);
      // What is synced is news; the beats only repeat it.
      this.tellAll(formation);
    }
  }

  /** The store counts this start too. */
  booted(): void {
    const { keeper } = this;
    if (!keeper) return;
    const { isFormed, founding } = keeper.value;
    this.card = this.ownCard(keeper.value);
    if (isFormed && founding) this.parts.join(founding);
    else {
      this.formation = this.formationOf(keeper.value);
      this.afterFormation(this.formation);
    }
  }

  private formationOf({ nonce, founding }: NodeIdentity): Formation {
    const { config } = this.parts.context;
    return new Formation({
      place: this.ownPlace,
      names: config.members.map(({ name }) => name),
      list: config.members.map(({ name, address }) => `${name}=${address}`).join(","),
      storeId: this.storeId,
      machine: config.machine ?? config.node,
      life: nonce,
      mint: {
        hi: hash32(config.seedHi, 0x6d696e74, 1),
        lo: hash32(config.seedLo, 0x6d696e74, 2),
      },
      unfinished: founding,
    });
  }

  /** In the configured list, from 1. */
  private get ownPlace(): number {
    const { members, node } = this.parts.context.config;
    return members.findIndex(({ name }) => name === node) + 1;
  }

  private afterFormation(formation: Formation): void {
    const { keeper } = this;
    if (formation.refusal !== undefined) this.parts.fatal(formation.refusal);
    else if (formation.formed) {
      this.parts.join(formation.formed);
    } else {
      const write = formation.takeWrite();
      if (write && keeper) {
        this.formationVersion = keeper.change(write);
        this.parts.context.wantsTurn = true;
      }
    }
  }

  private ownCard({ boots, nonce, isFormed, founding }: NodeIdentity): Uint8Array {
    const cluster = isFormed ? founding?.cluster : undefined;
    return encodeCard({ boots, nonce, cluster, storeId: this.storeId });
  }

  // --- while the cluster forms ---------------------------------------------------------------------

  /** A frame that names no cluster. A formed member answers whoever still asks. */
  onNews(link: number, frame: Frame): void {
    for (const message of frame.messages) {
      if (message.kind !== "formation") continue;
      const formation = this.formation ?? this.formedAlready();
      if (!formation) return;
      formation.wallMs = this.parts.context.wallMs;
      formation.hear(link, message);
      if (formation.formed === undefined) this.afterFormation(formation);
      const isForUs = formation.knows(message.to);
      if (!isForUs || (formation.formed && message.status !== "formed")) this.say(formation, link);
    }
  }

  /** A formation that is over, to answer those who have not heard. */
  private formedAlready(): Formation | undefined {
    const { keeper } = this;
    if (!keeper?.value.isFormed) return undefined;
    const formation = this.formationOf(keeper.value);
    formation.formed = keeper.value.founding;
    this.formation = formation;
    return formation;
  }

  tick(): void {
    const { formation } = this;
    if (!formation || formation.formed) return;
    this.ticks += 1;
    const { beatMs, tickMs } = this.parts.context.config.timing;
    if (this.ticks * tickMs < beatMs) return;
    this.ticks = 0;
    formation.beat();
    this.tellAll(formation);
  }

  private tellAll(formation: Formation): void {
    for (const place of formation.others) this.say(formation, place);
  }

  private say(formation: Formation, place: number): void {
    const { context } = this.parts;
    const head = {
      clusterHi: 0,
      clusterLo: 0,
      sender: this.ownPlace,
      senderIncarnation: context.incarnation,
    };
    const builder = new FrameBuilder(head, context.crc);
    formation.wallMs = context.wallMs;
    const news: FormationNews = formation.newsFor(place);
    builder.add(news);
    this.frames.push({ peer: place, isUrgent: true, frame: builder.take() });
  }

  // --- what the turn takes -------------------------------------------------------------------------

  takeFrames(): readonly OutgoingFrame[] {
    const taken = this.frames;
    if (taken.length > 0) this.frames = [];
    return taken;
  }

  /** What this node shows to whom it dials, for the life of its process. */
  takeCard(): Uint8Array | undefined {
    const taken = this.card;
    this.card = undefined;
    return taken;
  }

  get waitsFor(): string {
    if (!this.keeper || !this.formation) return "its store is being read";
    return this.formation.waitsFor;
  }
}

// Which life of a member's process may speak (D-88). A member is its store: one process at a time, each
// with a higher count of starts than the one before. Whoever dials shows its card; the highest life met of
// each member is synced here before a link of it is taken. A lower one, or an equal one of another process,
// runs on a copied or restored store. A higher one while the life before still answers is a second process.
//
// V1 No link is taken of a life that is not the newest that this node has synced of that member.

import { MalformedInput } from "../lib/bytes.js";
import type { HostContext } from "../member/context.js";
import { idText, sameId, type Life } from "../wire/identity-record.js";
import type { Ping } from "../wire/messages.js";
import { decodeCard, type PeerCard } from "../wire/peer-card.js";
import type { IdentityKeeper } from "./identity-keeper.js";
import { Refusals } from "./refusals.js";

/** How long the life before may take to say that it is still there. */
const ANSWER_MAX_MS = 1_000;

type CardRefusal =
  "starting" | "malformed" | "foreign-cluster" | "other-store" | "copied" | "second-process";

export interface CardVerdict {
  readonly call: number;
  /** Undefined: the link is taken. */
  readonly refusal: { readonly code: CardRefusal; readonly message: string } | undefined;
}

interface Candidate {
  readonly call: number;
  readonly link: number;
  readonly member: number;
  readonly life: Life;
  /** Set while the life before is asked. */
  readonly token: number;
  readonly sinceMs: number;
  /** The version of the identity that names this life; 0: not asked for yet. */
  version: number;
}

export class Lives {
  readonly refusals: Refusals;
  private readonly context: HostContext;
  private keeper: IdentityKeeper | undefined;
  private candidates: Candidate[] = [];
  /** Lives whose links are taken and were not seen to end. */
  private readonly linked = new Map<number, Life>();
  /** By place in the list: cards whose links were taken before there was a cluster. */
  private readonly shown = new Map<number, PeerCard>();
  /** By member, the version of the identity that names its newest life first. */
  private readonly metVersions = new Map<number, number>();
  private tokens = 0;
  private verdicts: CardVerdict[] = [];

  constructor(context: HostContext) {
    this.context = context;
    this.refusals = new Refusals(context);
  }

  /** From here on cards can be judged. */
  start(keeper: IdentityKeeper): void {
    this.keeper = keeper;
  }

  takeVerdicts(): readonly CardVerdict[] {
    const taken = this.verdicts;
    if (taken.length > 0) this.verdicts = [];
    return taken;
  }

  /** `link` is the place in the list that the dialler goes by. */
  onHello(call: number, link: number, bytes: Uint8Array): void {
    const { keeper } = this;
    const card = read(bytes);
    if (card === undefined) {
      this.refuse(call, link, "malformed", "its card is not one of this version of Disheap");
    } else if (keeper === undefined) {
      this.refuse(
        call,
        link,
        "starting",
        `${this.context.config.node} is still starting; try again`,
      );
    } else if (this.context.self === 0) {
      this.shown.set(link, card);
      this.take(call, link);
    } else this.judge(keeper, call, link, card);
  }

  /** The cluster is formed: whom it knows of those that are linked already. */
  joined(): void {
    const { keeper } = this;
    if (!keeper) return;
    const met = new Map(keeper.value.met);
    for (const [link, { storeId, boots, nonce }] of this.shown) {
      const member = this.context.memberAt(link);
      if (this.context.founder(member)?.storeId !== storeId) continue;
      met.set(member, { boots, nonce });
      this.linked.set(member, { boots, nonce });
    }
    this.shown.clear();
    const version = keeper.change({ met });
    for (const member of met.keys()) this.metVersions.set(member, version);
    this.context.wantsTurn = true;
  }

  private judge(keeper: IdentityKeeper, call: number, link: number, card: PeerCard): void {
    const { cluster } = this.context;
    const member = this.context.memberAt(link);
    const name = this.context.memberName(member);
    if (card.cluster !== undefined && !sameId(card.cluster, cluster)) {
      const theirs = idText(card.cluster);
      const own = this.context.config.node;
      this.refuse(call, link, "foreign-cluster", foreignCluster(name, theirs, own, cluster.text));
      return;
    }
    if (this.context.founder(member)?.storeId !== card.storeId) {
      if (card.cluster !== undefined) this.refuse(call, link, "other-store", otherStore(name));
      else {
        // Without a cluster it may come to hear of this one, and that it is no member with this store.
        this.take(call, link);
        this.refusals.byThis(link, otherStore(name));
      }
      return;
    }
    const known = keeper.value.met.get(member);
    const version = this.metVersions.get(member) ?? 0;
    if (known !== undefined && isSameLife(known, card)) {
      if (version <= keeper.durable) this.linkUp(call, link, card);
      // Known, and not synced yet: this link waits for the same write.
      else this.candidates.push({ ...this.candidateOf(call, link, card), version });
    } else if (known !== undefined && card.boots <= known.boots) {
      this.refuse(call, link, "copied", copied(name, card.boots, known.boots));
    } else this.consider(call, link, card);
  }

  /** A newer life: the one before is asked first, if it still has a link. */
  private consider(call: number, link: number, { boots, nonce }: PeerCard): void {
    const member = this.context.memberAt(link);
    const before = this.linked.get(member);
    const candidate = this.candidateOf(call, link, { boots, nonce });
    this.candidates.push(candidate);
    if (before === undefined) this.remember(candidate);
    else this.context.send(member, { kind: "ping", token: this.tokens, nonce: before.nonce });
  }

  private candidateOf(call: number, link: number, { boots, nonce }: Life): Candidate {
    this.tokens += 1;
    const member = this.context.memberAt(link);
    const sinceMs = this.context.monotonicMs;
    return { call, link, member, life: { boots, nonce }, token: this.tokens, sinceMs, version: 0 };
  }

  private remember(candidate: Candidate): void {
    const { keeper } = this;
    if (!keeper) return;
    const { member, life, call, link } = candidate;
    const known = keeper.value.met.get(member);
    if (known !== undefined && !isSameLife(known, life) && known.boots >= life.boots) {
      this.drop(candidate);
      const name = this.context.memberName(member);
      this.refuse(call, link, "copied", copied(name, life.boots, known.boots));
      return;
    }
    candidate.version = keeper.change({ met: new Map(keeper.value.met).set(member, life) });
    this.metVersions.set(member, candidate.version);
    this.context.wantsTurn = true;
  }

  onPing(from: number, { kind, token, nonce }: Ping): void {
    const own = this.keeper?.value;
    if (own === undefined) return;
    if (kind === "ping") {
      if (sameId(nonce, own.nonce)) this.context.send(from, { kind: "pong", token, nonce });
      return;
    }
    const asked = this.candidates.find((c) => c.token === token && c.version === 0);
    if (asked?.member !== from) return;
    this.drop(asked);
    const words = secondProcess(this.context.memberName(from));
    this.refuse(asked.call, asked.link, "second-process", words);
  }

  /** The life before has not answered in time. */
  tick(): void {
    const { monotonicMs } = this.context;
    for (const candidate of [...this.candidates]) {
      if (candidate.version !== 0 || monotonicMs - candidate.sinceMs < ANSWER_MAX_MS) continue;
      this.linked.delete(candidate.member);
      this.remember(candidate);
    }
  }

  /** The identity is synced up to this version. */
  identified(version: number): void {
    for (const candidate of [...this.candidates]) {
      if (candidate.version === 0 || candidate.version > version) continue;
      this.drop(candidate);
      const newest = this.keeper?.value.met.get(candidate.member);
      // A still newer life came meanwhile: this one is already the past.
      if (newest !== undefined && isSameLife(newest, candidate.life)) {
        this.linkUp(candidate.call, candidate.link, candidate.life);
      } else {
        const name = this.context.memberName(candidate.member);
        const boots = newest?.boots ?? 0;
        const words = copied(name, candidate.life.boots, boots);
        this.refuse(candidate.call, candidate.link, "copied", words);
      }
    }
  }

  /** The member's link to this node has ended. */
  onLeft(link: number): void {
    this.shown.delete(link);
    const member = this.context.memberAt(link);
    this.linked.delete(member);
    for (const candidate of [...this.candidates]) {
      if (candidate.member === member && candidate.version === 0) this.remember(candidate);
    }
  }

  /** A peer does not take this node's link. What ends this process is said. */
  onRefused(link: number, code: string, message: string): string | undefined {
    this.refusals.byOther(link, message);
    return endsTheProcess(code) ? message : undefined;
  }

  private linkUp(call: number, link: number, { boots, nonce }: Life): void {
    this.linked.set(this.context.memberAt(link), { boots, nonce });
    this.take(call, link);
  }

  private drop(candidate: Candidate): void {
    this.candidates = this.candidates.filter((c) => c !== candidate);
  }

  private take(call: number, link: number): void {
    this.refusals.taken(link);
    this.verdicts.push({ call, refusal: undefined });
  }

  private refuse(call: number, link: number, code: CardRefusal, message: string): void {
    // Who is merely early is let in soon.
    if (code !== "starting") this.refusals.byThis(link, message);
    this.verdicts.push({ call, refusal: { code, message } });
  }
}

/** Refused for good: whoever hears this of itself ends, and does not try again (D-88). */
function endsTheProcess(code: string): boolean {
  return code === "copied" || code === "second-process" || code === "other-store";
}

function isSameLife(a: Life, b: Life): boolean {
  return a.boots === b.boots && sameId(a.nonce, b.nonce);
}

function read(bytes: Uint8Array): PeerCard | undefined {
  try {
    return decodeCard(bytes);
  } catch (error) {
    if (error instanceof MalformedInput) return undefined;
    throw error;
  }
}

function foreignCluster(name: string, theirs: string, own: string, ours: string): string {
  return (
    `${name} belongs to cluster ${theirs}, ${own} to cluster ${ours}. Start each node with the data directory that ` +
    "it had in its own cluster, and check the addresses in the member lists."
  );
}

function otherStore(name: string): string {
  return (
    `${name} was started with a store that is not the one it joined the cluster with. Give it its own data ` +
    "directory back; a member that lost its store stays out, because it has forgotten its votes."
  );
}

function copied(name: string, boots: number, known: number): string {
  return (
    `${name} shows a data directory that is a copy or was put back to an older state: it counts ${boots} ` +
    `starts, and the cluster has met start ${known} of another process. Start ${name} with its newest data ` +
    "directory only."
  );
}

function secondProcess(name: string): string {
  return (
    `${name} runs already: the process that the cluster knows still answers. Stop it first, or start this ` +
    "one under a name and a data directory of its own."
  );
}

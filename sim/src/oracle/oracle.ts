// What an oracle is: it sees what happens inside every node, and says which rule was broken, in words,
// with the two events that contradict each other. It never changes the run.

import type {
  ClientEffect,
  EntryView,
  Host,
  HostObserver,
  MachineEvent,
  PeerMessage,
  Role,
} from "@disheap/core";
import type { World } from "../world/world.js";
import type { WorldObserver } from "../world/world-observer.js";

/** Something that happened, as a person reads it. */
export interface Seen {
  readonly atUs: number;
  readonly node: number;
  readonly text: string;
}

/** A broken rule. `first` and `second` contradict each other. */
export class RuleBroken extends Error {
  override readonly name = "RuleBroken";
  readonly rule: string;
  readonly first: Seen | undefined;
  readonly second: Seen | undefined;
  /** What the events are about: used to choose the last relevant events. */
  readonly about: string;

  constructor(options: {
    readonly rule: string;
    readonly message: string;
    readonly first?: Seen;
    readonly second?: Seen;
    readonly about?: string;
  }) {
    super(options.message);
    this.rule = options.rule;
    this.first = options.first;
    this.second = options.second;
    this.about = options.about ?? "";
  }
}

/** One rule or a family of rules. Every method is optional; `node` is the member number. */
export interface Rule {
  /** Called once, before anything happens. */
  attach?(world: World): void;
  roleChanged?(node: number, group: number, term: number, role: Role, leader: number): void;
  proposed?(node: number, group: number, index: number, term: number): void;
  applied?(node: number, group: number, entry: EntryView, hashHi: number, hashLo: number): void;
  machineEvent?(
    node: number,
    group: number,
    index: number,
    stampMs: number,
    event: MachineEvent,
  ): void;
  /** A message of a peer, or of the own node, is about to be handled. */
  received?(node: number, message: PeerMessage): void;
  sent?(node: number, to: number, message: PeerMessage): void;
  afterTurn?(node: number, host: Host): void;
  clientEffect?(node: number, effect: ClientEffect): void;
  /** A node refused to go on, with its sentence. */
  refused?(node: number, message: string): void;
  /** The run is over, healed and drained. */
  finish?(): void;
}

/** What rules are told of while a run goes on, often. */
type Told =
  | "roleChanged"
  | "proposed"
  | "applied"
  | "machineEvent"
  | "received"
  | "sent"
  | "afterTurn"
  | "clientEffect"
  | "refused";

type Asking<K extends Told> = Rule & Required<Pick<Rule, K>>;

export class Oracle implements WorldObserver {
  private readonly rules: readonly Rule[];
  /** By what they are told of, in the order of `rules`: most rules want little of it. */
  private readonly askers: { readonly [K in Told]: readonly Asking<K>[] };
  private world: World | undefined;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    const asking = <K extends Told>(name: K): readonly Asking<K>[] =>
      rules.filter((rule): rule is Asking<K> => rule[name] !== undefined);
    this.askers = {
      roleChanged: asking("roleChanged"),
      proposed: asking("proposed"),
      applied: asking("applied"),
      machineEvent: asking("machineEvent"),
      received: asking("received"),
      sent: asking("sent"),
      afterTurn: asking("afterTurn"),
      clientEffect: asking("clientEffect"),
      refused: asking("refused"),
    };
  }

  attach(world: World): void {
    this.world = world;
    for (const rule of this.rules) rule.attach?.(world);
  }

  /** The observer of one life of a node; silent once that life is over. */
  observe(node: number, isAlive: () => boolean): HostObserver {
    const { askers } = this;
    return {
      roleChanged: (group, term, role, leader) => {
        if (!isAlive()) return;
        for (const rule of askers.roleChanged) rule.roleChanged(node, group, term, role, leader);
      },
      proposed: (group, index, term) => {
        if (!isAlive()) return;
        for (const rule of askers.proposed) rule.proposed(node, group, index, term);
      },
      applied: (group, entry, hi, lo) => {
        if (!isAlive()) return;
        for (const rule of askers.applied) rule.applied(node, group, entry, hi, lo);
      },
      machineEvent: (group, index, stampMs, event) => {
        if (!isAlive()) return;
        for (const rule of askers.machineEvent) {
          rule.machineEvent(node, group, index, stampMs, event);
        }
      },
      received: (_, message) => {
        if (!isAlive()) return;
        for (const rule of askers.received) rule.received(node, message);
      },
      sent: (to, message) => {
        if (!isAlive()) return;
        for (const rule of askers.sent) rule.sent(node, to, message);
      },
      groupStopped: (group, reason) => {
        if (!isAlive() || this.world?.isPlanted(node, group) === true) return;
        throw new RuleBroken({
          rule: reason.slice(0, reason.indexOf(":")),
          message: `node n${node} stopped group ${group}: ${reason}`,
          about: `group ${group}`,
        });
      },
    };
  }

  afterTurn(node: number, host: Host): void {
    for (const rule of this.askers.afterTurn) rule.afterTurn(node, host);
  }

  clientEffect(node: number, effect: ClientEffect): void {
    for (const rule of this.askers.clientEffect) rule.clientEffect(node, effect);
  }

  refused(node: number, message: string): void {
    for (const rule of this.askers.refused) rule.refused(node, message);
  }

  finish(): void {
    for (const rule of this.rules) rule.finish?.();
  }

  get nowUs(): number {
    return this.world?.queue.nowUs ?? 0;
  }
}

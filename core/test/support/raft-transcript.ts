// Runs a transcript of one Raft group: a text of commands, each followed by what came of it, line by line:
// messages as they leave and as they arrive, and every other output of a replica (raft/outputs.ts).
//
//   # a comment
//   > net 3                      a fresh group of three replicas, n1 to n3
//   > campaign n1                the election timer of n1 runs out
//   n1 is pre-candidate ...      what n1 put into its outputs
//
// Commands: net COUNT [blocks=, in one append] · load NODE TERMS term= [vote=] · campaign|propose|restart NODE
// · stall|unstall NODE (its disk) · stop NODE (it takes no more part) · silence NODE (it heard no leader for so
// long that it helps others to campaign) · tick NODE [COUNT] · read NODE round= read= · write NODE (to the
// disk) · synced NODE (that write) · sync NODES · deliver|repeat|lose|newest WHICH (repeat keeps a copy on its
// way; newest delivers the last one only) · settle [NODES] (delivers and syncs among them until nothing is
// left; the rest is lost) · elected NODE (it campaigns and all settle; only what they come to is said) · beat
// LEADER>FOLLOWER [stalled] · answer FOLLOWER>LEADER round= [stalled] · down|up|room NODE>NODE · show · must
// NODE FIELD=VALUE ... (what has to be true then, or the transcript fails). WHICH: words that all fit, of
// n1>n2, n1>, >n2, a kind of message, term=, seq=.

import { confirmReads } from "../../src/raft/reads.js";
import {
  linkDown,
  linkRoom,
  linkUp,
  onBeatAnswered,
  onBeatCommit,
  sayUntaken,
} from "../../src/raft/replication.js";
import { messageName, messageText, outputLine, replicaFields } from "./raft-lines.js";
import { RaftNet, type Letter, type RaftNode, type Which } from "./raft-net.js";
import { Words } from "./words.js";

class RaftScript {
  private net = new RaftNet(3);
  readonly lines: string[] = [];
  private readonly stopped = new Set<number>();
  private readonly writes = new Map<number, { finish: () => void }>();

  run(command: string): void {
    const w = new Words(command);
    if (w.kind === "net") this.start(w);
    else if (w.kind === "show") this.show();
    else if (w.kind === "settle") this.settle(w);
    else if (w.kind === "elected") this.elected(w);
    else if (LETTERS.has(w.kind)) this.letters(w);
    else if (LINKS.has(w.kind)) this.link(w);
    else if (w.kind === "sync") w.words.forEach((word) => this.node(word).sync());
    else this.one(w);
    for (const node of this.net.nodes) node.carryOut();
  }

  private start(w: Words): void {
    this.stopped.clear();
    this.writes.clear();
    this.net = new RaftNet(Number(w.at(0)), { appendBlocksMax: w.number("blocks", 8) });
    this.net.saw = (self, output) => {
      const line = outputLine(output, this.net.node(self).group.durableSeq);
      if (line !== undefined) this.lines.push(`n${self} ${line}`);
    };
    this.net.left = ({ from, to, message }) => {
      this.lines.push(`n${from} to n${to}: ${messageText(message)}`);
    };
  }

  private node(word: string): RaftNode {
    const node = this.net.nodes.at(numberOf(word) - 1);
    if (!node) throw new Error(`there is no ${word}`);
    return node;
  }

  /** Commands that are about one replica. */
  private one(w: Words): void {
    const node = this.node(w.at(0));
    switch (w.kind) {
      case "load":
        return node.load(w.at(1).split(",").map(Number), w.number("term"), w.number("vote", 0));
      case "campaign":
        return this.net.campaign(node.self);
      case "tick":
        return node.tick(Number(w.words.at(1) ?? 1));
      case "propose":
        return void node.propose();
      case "restart":
        return node.restart();
      case "read":
        return node.read(w.number("round"), w.number("read"));
      case "write":
        return void this.writes.set(node.self, node.submit());
      case "synced":
        return this.writes.get(node.self)?.finish();
      case "stall":
      case "unstall":
        node.isStalled = w.kind === "stall";
        return;
      case "silence":
        node.group.electionTicks = this.net.settings.electionTicksMin;
        return;
      case "stop":
        this.stopped.add(node.self);
        return node.group.halt();
      case "must":
        return must(node, w);
      default:
        throw new Error(`"${w.kind}" is no command`);
    }
  }

  // --- messages ----------------------------------------------------------------------------------

  private letters(w: Words): void {
    const which = whichOf(w.words, w.named);
    const taken = this.net.take(which);
    if (taken.length === 0) throw new Error(`nothing is on its way that fits "${w.kind}"`);
    if (w.kind === "lose") return;
    if (w.kind === "repeat") taken.forEach((l) => this.net.putBack(l));
    const arrive = w.kind === "newest" ? taken.splice(-1) : taken.splice(0);
    taken.forEach((l) => this.net.putBack(l));
    arrive.forEach((l) => this.arrive(l));
  }

  private arrive({ from, to, message }: Letter): void {
    const node = this.net.node(to);
    if (!this.stopped.has(to)) {
      this.lines.push(`n${to} gets of n${from}: ${messageName(message)}`);
      node.receive(from, message);
      return;
    }
    // As the host answers for a replica that takes no part (D-90).
    this.lines.push(`n${to} is stopped: ${messageName(message)} of n${from}`);
    if (message.kind === "append") sayUntaken(node.group.outputs, from, message, 0);
    node.carryOut();
  }

  private elected(w: Words): void {
    this.net.campaign(this.node(w.at(0)).self);
    this.settle(new Words("settle"));
    this.lines.length = 0;
    this.show();
  }

  private settle(w: Words): void {
    const among = w.words.length === 0 ? this.net.nodes : w.words.map((word) => this.node(word));
    const isAmong = ({ from, to }: Letter): boolean =>
      [from, to].every((n) => among.some((node) => node.self === n));
    for (let i = 0; i < 100; i += 1) {
      for (const node of among) node.sync();
      this.net.take((l) => !isAmong(l));
      const taken = this.net.take(isAmong);
      if (taken.length === 0 && among.every((node) => !node.group.isDirty)) return;
      taken.forEach((l) => this.arrive(l));
    }
    throw new Error("the replicas do not come to rest");
  }

  // --- links and beats ---------------------------------------------------------------------------

  private link(w: Words): void {
    const [from, to] = w
      .at(0)
      .split(">")
      .map((word) => this.node(word));
    const { group } = from;
    switch (w.kind) {
      case "down":
        from.shut.add(to.self);
        return linkDown(group, to.self);
      case "up":
        from.shut.delete(to.self);
        return linkUp(group, to.self);
      case "room":
        return linkRoom(group, to.self);
      case "beat":
        return this.beat(from, to, w.has("stalled"));
      case "answer":
        return answer(from, to, w);
    }
  }

  /** As leader/beats.ts has it. */
  private beat(leader: RaftNode, to: RaftNode, isStalled: boolean): void {
    const { term, commitIndex, progress } = leader.group;
    const g = to.group;
    if (term < g.term) {
      this.lines.push(`n${to.self} refuses the beat: it is in term ${g.term}`);
      return;
    }
    if (term === g.term) g.noteLeaderDisk(isStalled);
    g.becomeFollower(term, leader.self);
    const commit = Math.min(commitIndex, progress.get(to.self)?.match ?? 0);
    onBeatCommit(g, { group: g.id, incarnation: g.incarnation, term, commit });
  }

  private show(): void {
    for (const { self, group } of this.net.nodes) {
      const fields = Object.entries(replicaFields(group)).map(
        ([name, value]) => `${name}=${value}`,
      );
      this.lines.push(`n${self} ${fields.join(" ")}`);
    }
  }
}

const LETTERS = new Set(["deliver", "repeat", "lose", "newest"]);
const LINKS = new Set(["down", "up", "room", "beat", "answer"]);

function numberOf(word: string): number {
  return Number(word.slice(1));
}

function answer(from: RaftNode, to: RaftNode, w: Words): void {
  const { group } = to;
  const isStalled = w.has("stalled");
  const what = { round: w.number("round"), wallMs: 0, isStalled, needsProbe: false };
  onBeatAnswered(group, from.self, what);
  confirmReads(group);
}

function whichOf(words: readonly string[], named: ReadonlyMap<string, string>): Which {
  return ({ from, to, message }) => {
    for (const [name, value] of named) {
      const fields: Readonly<Record<string, unknown>> = { ...message };
      if (String(fields[name]) !== value) return false;
    }
    return words.every((word) => {
      if (!word.includes(">")) return word === message.kind;
      const [left, right] = word.split(">");
      return (left === "" || numberOf(left) === from) && (right === "" || numberOf(right) === to);
    });
  };
}

function must({ self, group }: RaftNode, w: Words): void {
  const fields = replicaFields(group);
  for (const [name, value] of w.named) {
    if (fields[name] === value) continue;
    throw new Error(`n${self} must have ${name}=${value}, and has ${name}=${fields[name]}`);
  }
}

/** The transcript as it would read if what happens now were right. */
export function replayRaft(text: string): string {
  const script = new RaftScript();
  const out: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) out.push(line);
    if (!line.startsWith("> ")) continue;
    out.push(line);
    script.lines.length = 0;
    try {
      script.run(line.slice(2));
    } catch (error) {
      throw new Error(`${String(error)}\n${[...out, ...script.lines].slice(-30).join("\n")}`, {
        cause: error,
      });
    }
    out.push(...script.lines);
  }
  return out.join("\n");
}

// Runs a transcript of the partition machine: a text of commands, each followed by what came of it.
//
//   # a comment
//   > topic MAX retries=1 dlq=off                     a fresh machine; its first entry is at stamp 0
//   > at 1000: enqueue 5; grant 1.7 round=1 n=2       one entry with two intents
//   granted 2.0 fence=1 ...                           its events and refusals, one per line
//
// Commands: enqueue PRIORITY [delay= retries= producer=NAME/EPOCH/SEQUENCE] · grant EDGE.STREAM round= n=
// [for= limit= incarnation= bound=] · ack|nack|extend|release|give-back INDEX.OFFSET/FENCE [back= by= forged] ·
// close EDGE.STREAM [grace= incarnation=] · replaced EDGE incarnation= [grace=] · tick · delete.

import type { MachineEvent } from "../../src/delivery/events.js";
import type { IntentResult } from "../../src/machine/results.js";
import type { Intent } from "../../src/wire/intents.js";
import { MachineRig } from "./machine-rig.js";

const PRIORITIES: Readonly<Record<string, readonly [number, number]>> = {
  MIN: [-2147483648, 0],
  MAX: [2147483647, 4294967295],
};

export class Words {
  readonly kind: string;
  private readonly plain: string[] = [];
  private readonly named = new Map<string, string>();

  constructor(text: string) {
    const [kind, ...rest] = text.trim().split(/\s+/);
    this.kind = kind;
    for (const word of rest) {
      const at = word.indexOf("=");
      if (at < 0) this.plain.push(word);
      else this.named.set(word.slice(0, at), word.slice(at + 1));
    }
  }

  at(i: number): string {
    const word = this.plain.at(i);
    if (word === undefined) throw new Error(`"${this.kind}" lacks its argument ${i + 1}`);
    return word;
  }

  /** The plain arguments from this one on. */
  from(i: number): readonly string[] {
    return this.plain.slice(i);
  }

  has(word: string): boolean {
    return this.plain.includes(word);
  }

  text(name: string): string | undefined {
    return this.named.get(name);
  }

  number(name: string, otherwise?: number): number {
    const found = this.named.get(name);
    if (found !== undefined) return Number(found);
    if (otherwise === undefined) throw new Error(`"${this.kind}" lacks ${name}=`);
    return otherwise;
  }
}

function priorityOf(text: string): { readonly hi: number; readonly lo: number } {
  const [hi, lo] = PRIORITIES[text] ?? [Math.floor(Number(text) / 2 ** 32), Number(text) >>> 0];
  return { hi, lo };
}

function priorityText(hi: number, lo: number): string {
  const name = Object.entries(PRIORITIES).find(([, p]) => p[0] === hi && p[1] === lo)?.[0];
  return name ?? String(hi * 2 ** 32 + lo);
}

function enqueueOf(w: Words): Intent {
  const { hi, lo } = priorityOf(w.at(0));
  const [producerId, epoch, sequence] = w.text("producer")?.split("/") ?? [];
  const retries = w.text("retries");
  return {
    kind: "enqueue",
    priorityHi: hi,
    priorityLo: lo,
    payload: Uint8Array.of(1),
    producer:
      producerId === undefined
        ? undefined
        : {
            producerId,
            epochHi: 0,
            epochLo: Number(epoch),
            sequenceHi: 0,
            sequenceLo: Number(sequence),
          },
    maxRetries: retries === undefined ? undefined : Number(retries),
    delayMs: w.number("delay", 0),
  };
}

function leaseOf(text: string): { index: number; offset: number; fence: number } {
  const [place, fence] = text.split("/");
  const [index, offset] = place.split(".").map(Number);
  return { index, offset, fence: Number(fence) };
}

function intentOf(rig: MachineRig, w: Words): Intent {
  const stream = (): { edge: number; stream: number; edgeIncarnation: number } => {
    const [edge, number] = w.at(0).split(".").map(Number);
    return { edge, stream: number, edgeIncarnation: w.number("incarnation", 1) };
  };
  const bound = w.text("bound");
  switch (w.kind) {
    case "enqueue":
      return enqueueOf(w);
    case "grant":
      return {
        kind: "grant",
        ...stream(),
        round: w.number("round"),
        n: w.number("n"),
        limit: w.number("limit", 1024),
        visibilityMs: w.number("for", 1000),
        bound: bound === undefined ? undefined : priorityOf(bound),
      };
    case "release":
      return { kind: "release.undelivered", ...leaseOf(w.at(0)) };
    case "close":
      return { kind: "stream.close", ...stream(), graceMs: w.number("grace", 0) };
    case "replaced":
      return {
        kind: "edge.replaced",
        edge: Number(w.at(0)),
        edgeIncarnation: w.number("incarnation"),
        graceMs: w.number("grace", 0),
      };
    case "tick":
      return { kind: "tick" };
    case "delete":
      return { kind: "partition.close" };
    default:
      return settleOf(rig, w);
  }
}

function settleOf(rig: MachineRig, w: Words): Intent {
  const { index, offset, fence } = leaseOf(w.at(0));
  const token = rig.token(index, offset, fence);
  if (w.has("forged")) token.mac[15] ^= 1;
  const back = w.text("back");
  if (w.kind === "ack") return { kind: "ack", token };
  if (w.kind === "give-back") return { kind: "release", token };
  if (w.kind === "extend") return { kind: "extend", token, extensionMs: w.number("by") };
  if (w.kind !== "nack") throw new Error(`"${w.kind}" is no command`);
  return { kind: "nack", token, backoffMs: back === undefined ? undefined : Number(back) };
}

function eventLine(e: MachineEvent): string {
  const at = `${e.index}.${e.offset}`;
  switch (e.kind) {
    case "message.enqueued": {
      const when = e.notBeforeMs === 0 ? "" : ` not before ${e.notBeforeMs}`;
      return `enqueued ${at} priority=${priorityText(e.priorityHi, e.priorityLo)}${when}`;
    }
    case "message.duplicate":
      return `duplicate of ${at}`;
    case "message.granted": {
      const to = `${e.edge}.${e.stream} round=${e.round}`;
      return `granted ${at}/${e.fence} attempt=${e.attempts} until ${e.deadlineMs} to ${to}`;
    }
    case "message.acked":
      return `acked ${at}/${e.fence}`;
    case "message.nacked":
    case "message.expired": {
      const what = `${e.kind.slice(8)} ${at}/${e.fence} attempt=${e.attempts}`;
      return `${what} -> ${e.outcome}${e.outcome === "delayed" ? ` until ${e.notBeforeMs}` : ""}`;
    }
    case "message.ready":
      return `ready ${at}`;
    case "message.extended":
    case "message.shortened":
      return `${e.kind.slice(8)} ${at}/${e.fence} until ${e.deadlineMs}`;
    case "message.released":
      return `released ${at}/${e.fence}${e.by === "client" ? " by the client" : ""}`;
    case "message.taken-back":
      return `taken back ${at}/${e.fence}, ${e.attempts} attempts left`;
  }
}

/** What no event tells: refusals, grants that took nothing, settlements that were repeats. */
function resultLine(result: IntentResult, intent: Intent, hasEvent: boolean): string | undefined {
  if (result.type === "refused") return `${intent.kind}: ${result.code}`;
  if (result.type === "granted" && result.slots.length === 0) {
    return result.isClosed ? "grant: closed" : `grant: nothing, ${result.grantedInRound} so far`;
  }
  const isSettle = isSettling(intent);
  return isSettle && !hasEvent ? `${intent.kind}: ok, a repeat` : undefined;
}

const SETTLINGS: readonly MachineEvent["kind"][] = [
  "message.acked",
  "message.nacked",
  "message.released",
  "message.taken-back",
];

function isSettling(
  intent: Intent,
): intent is Extract<Intent, { kind: "ack" | "nack" | "release" }> {
  return intent.kind === "ack" || intent.kind === "nack" || intent.kind === "release";
}

function runEntry(rig: MachineRig, stampMs: number, commands: readonly string[]): string[] {
  const intents = commands.map((c) => intentOf(rig, new Words(c)));
  rig.events.length = 0;
  const results = rig.apply({ stampMs }, intents);
  const lines = rig.events.map(eventLine);
  results.forEach((result, i) => {
    const intent = intents[i];
    const hasEvent = rig.events.some(
      (e) =>
        SETTLINGS.includes(e.kind) &&
        "fence" in e &&
        isSettling(intent) &&
        e.index === intent.token.index &&
        e.fence === intent.token.fence,
    );
    const line = resultLine(result, intent, hasEvent);
    if (line !== undefined) lines.push(line);
  });
  return lines;
}

function topicOf(w: Words): MachineRig {
  const mode = w.at(0) === "MAX" ? "MAX" : "MIN";
  const rig = new MachineRig(1, mode, {
    dedupPerProducerMax: w.number("window", 10_000),
    tombstonesMax: w.number("tombstones", 262_144),
  });
  rig.init(0, {
    maxRetries: w.number("retries", 3),
    dlqEnabled: w.text("dlq") !== "off",
  });
  return rig;
}

/** The transcript as it would read if what happens now were right. */
export function replay(text: string): string {
  let rig = new MachineRig();
  const out: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) out.push(line);
    if (!line.startsWith("> ")) continue;
    out.push(line);
    const command = line.slice(2);
    if (command.startsWith("topic ")) {
      rig = topicOf(new Words(command));
      continue;
    }
    const match = /^at (\d+): (.*)$/.exec(command);
    if (!match) throw new Error(`not a command: ${line}`);
    out.push(...runEntry(rig, Number(match[1]), match[2].split(";")));
  }
  return out.join("\n");
}

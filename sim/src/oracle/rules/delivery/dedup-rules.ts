// Q8: the same (producer, epoch, sequence) makes one message, whoever leads and however often nodes
// restart: inside the window (24 h of group time since the producer's last use, its last 10,000) a repeat is told the
// first message, and only a repeat is. Read from the log: which intent asked, which event answered.

import type { MachineEvent, ProducerTriple } from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken } from "../../oracle.js";
import type { CommittedEntry, EntryRule } from "../entries/canon.js";
import { seen } from "../views/watched.js";

const WINDOW_MS = 24 * 3_600_000;
const SEQUENCES_KEPT = 10_000;

interface First {
  readonly index: number;
  readonly offset: number;
  readonly entry: CommittedEntry;
}

/** One producer epoch in one partition: first messages in order of arrival. */
interface Window {
  readonly firsts: Map<string, First>;
  /** Beyond the window: a repeat may be either. */
  readonly forgotten: Set<string>;
  /** When the producer last enqueued something, repeats included. */
  usedMs: number;
}

export class DedupRules implements EntryRule {
  private readonly windows = new Map<string, Window>();

  entry(entry: CommittedEntry): void {
    const answers = entry.events.filter(
      (e) => e.kind === "message.enqueued" || e.kind === "message.duplicate",
    );
    let next = 0;
    entry.intents.forEach((intent, offset) => {
      if (intent.kind !== "enqueue") return;
      const answer = answers.at(next);
      // No answer: refused, the partition is being deleted.
      if (!answer || !isFor(entry, offset, answer)) return;
      next += 1;
      if (intent.producer) this.check(entry, offset, intent.producer, answer);
    });
  }

  private windowOf(name: string): Window {
    let window = this.windows.get(name);
    if (!window) {
      window = { firsts: new Map(), forgotten: new Set(), usedMs: -Infinity };
      this.windows.set(name, window);
    }
    return window;
  }

  private check(
    entry: CommittedEntry,
    offset: number,
    producer: ProducerTriple,
    answer: MachineEvent,
  ): void {
    const { producerId, epochHi, epochLo, sequenceHi, sequenceLo } = producer;
    const window = this.windowOf(`${entry.group}/${producerId}/${epochHi}:${epochLo}`);
    const { usedMs } = window;
    window.usedMs = entry.stampMs;
    const sequence = `${sequenceHi}:${sequenceLo}`;
    const first = window.firsts.get(sequence);
    const who = `producer ${producerId}, sequence ${sequence}, group ${entry.group}`;
    if (answer.kind === "message.enqueued") {
      if (first && entry.stampMs < usedMs + WINDOW_MS) {
        const twice = `made message ${first.index}.${first.offset} and again ${answer.index}.${offset}`;
        broken(`${who} ${twice}`, entry, answer, first);
      }
      remember(window, sequence, { index: entry.index, offset, entry });
    } else if (!first) {
      if (window.forgotten.has(sequence)) return;
      broken(`${who} was taken for a repeat, but it never came before`, entry, answer, undefined);
    } else if (first.index !== answer.index || first.offset !== answer.offset) {
      const told = `was told ${answer.index}.${answer.offset}`;
      broken(
        `${who} made message ${first.index}.${first.offset}, but a repeat ${told}`,
        entry,
        answer,
        first,
      );
    }
  }
}

function isFor(entry: CommittedEntry, offset: number, answer: MachineEvent): boolean {
  if (answer.kind === "message.duplicate") return true;
  return answer.index === entry.index && answer.offset === offset;
}

function remember(window: Window, sequence: string, first: First): void {
  window.firsts.set(sequence, first);
  if (window.firsts.size <= SEQUENCES_KEPT) return;
  for (const oldest of window.firsts.keys()) {
    window.firsts.delete(oldest);
    window.forgotten.add(oldest);
    break;
  }
}

function broken(
  message: string,
  entry: CommittedEntry,
  answer: MachineEvent,
  first: First | undefined,
): never {
  throw new RuleBroken({
    rule: "Q8",
    message: `${message} (entry ${entry.index}, term ${entry.term})`,
    ...(first
      ? {
          first: seen(
            first.entry,
            `entry ${first.index} made message ${first.index}.${first.offset}`,
          ),
        }
      : {}),
    second: seen(entry, `entry ${entry.index}: ${answer.kind} ${answer.index}.${answer.offset}`),
    about: aboutMessage(answer.index, answer.offset),
  });
}

// How long the leases of a topic are, where a consumer asks for no length of its own and the node does not say it with
// what it delivers: the cluster is asked, once for all that ask within a while.
import type { TopicInfo } from "./topics.js";

/** An answer, or that there is none, is good for so long. */
const goodMs = 10_000;
/** Nobody waits longer for an answer. */
const answerMsMax = 2_000;

interface Asked {
  sinceMs: number;
  answer: Promise<number | undefined>;
}

export class Visibilities {
  readonly #list: () => AsyncIterable<TopicInfo>;
  readonly #asked = new Map<string, Asked>();

  constructor(list: () => AsyncIterable<TopicInfo>) {
    this.#list = list;
  }

  /** Undefined: there is no such topic, or no answer in time. */
  of(topic: string): Promise<number | undefined> {
    const nowMs = performance.now();
    for (const [name, { sinceMs }] of this.#asked) {
      if (nowMs - sinceMs >= goodMs) this.#asked.delete(name);
    }
    const asked = this.#asked.get(topic) ?? { sinceMs: nowMs, answer: this.#ask(topic) };
    this.#asked.set(topic, asked);
    return within(asked.answer, answerMsMax);
  }

  async #ask(topic: string): Promise<number | undefined> {
    try {
      for await (const found of this.#list()) {
        if (found.topic === topic) return found.visibilityMs;
      }
    } catch {
      // Who may not list topics, or gets no answer, goes without.
    }
    return undefined;
  }
}

function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    timer.unref();
    void promise.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

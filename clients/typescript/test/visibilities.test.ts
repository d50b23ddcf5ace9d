// What a consumer learns of a topic's leases from the cluster: asked once for all, for a while, and never waited for
// for long.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TopicInfo } from "../src/topics.js";
import { Visibilities } from "../src/visibilities.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lists these topics, and counts how often. */
function listing(visibilities: Record<string, number>) {
  const lists = { count: 0 };
  async function* list(): AsyncGenerator<TopicInfo> {
    lists.count += 1;
    await Promise.resolve();
    for (const [topic, visibilityMs] of Object.entries(visibilities)) {
      yield { topic, visibilityMs } as TopicInfo;
    }
  }
  return { lists, visibilities: new Visibilities(list) };
}

it("is that of the topic, and of none that is not there", async () => {
  const { visibilities } = listing({ jobs: 3_000, mails: 4_000 });
  expect(await visibilities.of("mails")).toBe(4_000);
  expect(await visibilities.of("nowhere")).toBeUndefined();
});

it("is asked once for all that want it within ten seconds, also where there is none", async () => {
  const { visibilities, lists } = listing({ jobs: 3_000 });
  const many = ["jobs", "jobs", "nowhere", "nowhere"].map((topic) => visibilities.of(topic));
  expect(await Promise.all(many)).toEqual([3_000, 3_000, undefined, undefined]);
  vi.advanceTimersByTime(9_999);
  await visibilities.of("jobs");
  expect(lists.count).toBe(2);
  vi.advanceTimersByTime(1);
  await visibilities.of("jobs");
  expect(lists.count).toBe(3);
});

it("is unknown to who may not list topics", async () => {
  async function* list(): AsyncGenerator<TopicInfo> {
    await Promise.resolve();
    throw new Error("not allowed");
  }
  expect(await new Visibilities(list).of("jobs")).toBeUndefined();
});

it("is not waited for longer than two seconds", async () => {
  let answer = (): void => undefined;
  async function* list(): AsyncGenerator<TopicInfo> {
    await new Promise<void>((resolve) => (answer = resolve));
    yield { topic: "jobs", visibilityMs: 3_000 } as TopicInfo;
  }
  const visibilities = new Visibilities(list);
  const first = visibilities.of("jobs");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await first).toBeUndefined();
  const second = visibilities.of("jobs");
  answer();
  expect(await second).toBe(3_000);
});

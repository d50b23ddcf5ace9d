import { expect, it } from "vitest";
import { TopicSeries } from "../../src/metrics/topic-series.js";

const known = (...topics: string[]) => new Set(topics);

it("a topic that was known and is not any more is gone, once", () => {
  const series = new TopicSeries();
  series.touch("jobs");
  series.touch("mail");
  expect(series.takeGone(known("jobs", "mail"))).toEqual([]);
  expect(series.takeGone(known("mail"))).toEqual(["jobs"]);
  expect(series.takeGone(known("mail"))).toEqual([]);
});

it("a topic that this node has not heard of yet has a while", () => {
  const series = new TopicSeries();
  series.touch("jobs");
  for (let i = 0; i < 4; i += 1) expect(series.takeGone(known())).toEqual([]);
  expect(series.takeGone(known("jobs"))).toEqual([]);
  expect(series.takeGone(known())).toEqual(["jobs"]);
});

it("a call that is answered after the deletion leaves nothing either", () => {
  const series = new TopicSeries();
  series.touch("jobs");
  const gone = [1, 2, 3, 4, 5].map(() => series.takeGone(known()));
  expect(gone).toEqual([[], [], [], [], ["jobs"]]);
});

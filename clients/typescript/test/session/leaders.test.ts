// What is made of routes: who leads a topic, and where that node is.
import { describe, expect, it } from "vitest";
import { Endpoint } from "../../src/endpoints.js";
import { resolveOptions } from "../../src/options.js";
import { Leaders } from "../../src/session/leaders.js";

const endpoint = () => new Endpoint("127.0.0.1:1", resolveOptions({}));

describe("the leader of a topic", () => {
  it("is the one that the last route named", () => {
    const leaders = new Leaders();
    expect(leaders.of("jobs")).toBeUndefined();
    leaders.route("jobs", 0, "a");
    expect(leaders.of("jobs")).toBe("a");
    leaders.route("jobs", 0, "b");
    expect(leaders.of("jobs")).toBe("b");
    expect(leaders.of("other")).toBeUndefined();
  });

  it("is nobody when several lead its partitions", () => {
    const leaders = new Leaders();
    leaders.route("jobs", 0, "a");
    leaders.route("jobs", 1, "b");
    expect(leaders.of("jobs")).toBeUndefined();
    leaders.route("jobs", 0, "b");
    expect(leaders.of("jobs")).toBe("b");
  });

  it("is, for some of its partitions, who leads all of these", () => {
    const leaders = new Leaders();
    for (const [partition, node] of ["a", "b", "b"].entries())
      leaders.route("jobs", partition, node);
    expect(leaders.of("jobs", [0])).toBe("a");
    expect(leaders.of("jobs", [1, 2])).toBe("b");
    expect(leaders.of("jobs", [0, 1])).toBeUndefined();
    expect(leaders.of("jobs", [2, 3])).toBeUndefined();
  });
});

it("an endpoint has the name of its last welcome, and no other", () => {
  const leaders = new Leaders();
  const [one, two] = [endpoint(), endpoint()];
  leaders.welcome(one, "a");
  expect([leaders.endpointOf("a"), leaders.isNamed(one), leaders.isNamed(two)]).toEqual([
    one,
    true,
    false,
  ]);
  leaders.welcome(one, "b");
  expect([leaders.endpointOf("a"), leaders.endpointOf("b")]).toEqual([undefined, one]);
  leaders.welcome(two, "b");
  expect([leaders.endpointOf("b"), leaders.isNamed(one)]).toEqual([two, false]);
});

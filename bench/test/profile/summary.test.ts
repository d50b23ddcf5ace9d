import { expect, it } from "vitest";
import { type Profile, summarize } from "../../src/profile/summary.js";

function profileOf(times: [functionName: string, url: string, us: number][]): Profile {
  return {
    nodes: times.map(([functionName, url], i) => ({
      id: i + 1,
      callFrame: { functionName, url, lineNumber: 9 },
    })),
    samples: times.map((_, i) => i + 1),
    timeDeltas: times.map(([, , us]) => us),
  };
}

it("puts self time down to the part a file belongs to, as shares of the busy time", () => {
  const { busy, parts } = summarize(
    profileOf([
      ["(idle)", "", 500],
      ["send", "file:///x/node_modules/@grpc/grpc-js/build/src/call.js", 100],
      ["write", "node:internal/http2/core", 50],
      ["apply", "file:///x/core/dist/delivery/partition.js", 200],
      ["log", "file:///x/node_modules/pino/lib/proto.js", 50],
      ["(garbage collector)", "", 60],
      ["writev", "", 40],
    ]),
  );
  expect(busy).toBe(0.5);
  expect(Object.fromEntries(parts)).toEqual({
    "core/delivery": 0.4,
    "grpc-js": 0.2,
    "garbage collection": 0.12,
    "node http2 and streams": 0.1,
    pino: 0.1,
    "native code and system calls": 0.08,
  });
  expect(parts[0]?.[0]).toBe("core/delivery");
});

it("adds up samples of one function and names its place", () => {
  const profile: Profile = {
    ...profileOf([
      ["apply", "file:///x/core/dist/delivery/partition.js", 0],
      ["", "file:///x/io/dist/turn/turn.js", 0],
    ]),
    samples: [1, 2, 1],
    timeDeltas: [10, 20, 50],
  };
  expect(summarize(profile).functions).toEqual([
    ["apply delivery/partition.js:10", 0.75],
    ["(anonymous) turn/turn.js:10", 0.25],
  ]);
});

it("of an empty profile is empty", () => {
  expect(summarize({ nodes: [] })).toEqual({ busy: 0, parts: [], functions: [] });
});

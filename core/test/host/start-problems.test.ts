// A member of a formed cluster starts again with another list (D-87, D-88).

import { expect, test } from "vitest";
import { identityProblem } from "../../src/host/start-problems.js";

const FOUNDERS = ["n1", "n2", "n3"];

function problem(list: string, isFormed = true): string | undefined {
  const founders = FOUNDERS.map((name, i) => {
    return { id: i + 1, name, storeId: `store-${name}`, machine: name };
  });
  const founding = { cluster: { hi: 1, lo: 2 }, attempt: 1, bornMs: 0, founders };
  const members = list.split(",").map((one) => {
    const [name = "", address = ""] = one.split("=");
    return { name, address };
  });
  type Args = Parameters<typeof identityProblem>;
  const identity = { founding, isFormed } as unknown as Args[0];
  const config = { node: "n1", members } as unknown as Args[2];
  return identityProblem(identity, "store-n1", config);
}

test("once formed, addresses and the order of the list may change", () => {
  expect(problem("n1=a:1,n2=b:1,n3=c:1")).toBeUndefined();
  expect(problem("n3=z:9,n1=x:9,n2=y:9")).toBeUndefined();
});

test("names cannot change: the list must be the founders'", () => {
  const words = /was formed by n1, n2, n3, and the member list of this node names .* founders/;
  for (const list of ["n1=a:1,n2=b:1", "n1=a:1,n2=b:1,n4=c:1", "n1=a:1,n2=b:1,n3=c:1,n4=d:1"]) {
    expect(problem(list)).toMatch(words);
  }
});

test("what is unfinished was not formed: it goes on with the names that it was begun with", () => {
  expect(problem("n3=z:9,n1=x:9,n2=y:9", false)).toBeUndefined();
  expect(problem("n1=a:1,n2=b:1,n4=c:1", false)).toMatch(
    /holds the unfinished record of a cluster of n1, n2, n3, and .* names n1, n2, n4\. Start every/,
  );
});

// How a cluster is made, without a network or a disk: members say what they know to each other until nothing
// changes, and a write completes when the test says so.

import { expect, test } from "vitest";
import { Formation, type FormationOptions } from "../../src/formation/formation.js";
import type { Founding } from "../../src/wire/identity-record.js";

const NAMES = ["n1", "n2", "n3"];
const LIST = "n1=a:1,n2=b:1,n3=c:1";

let lives = 0;

function member(place: number, changes: Partial<FormationOptions> = {}): Formation {
  lives += 1;
  const formation = new Formation({
    place,
    names: NAMES,
    list: LIST,
    storeId: `store-${place}`,
    machine: `machine-${place}`,
    life: { hi: place, lo: lives },
    mint: { hi: 0xc1, lo: lives },
    unfinished: undefined,
    ...changes,
  });
  formation.wallMs = 1_000 * place;
  return formation;
}

/** Everybody says what it knows to everybody else, so many times; writes complete unless held. */
function talk(members: readonly Formation[], options: { rounds?: number; held?: Formation } = {}) {
  for (let round = 0; round < (options.rounds ?? 30); round += 1) {
    for (const [i, from] of members.entries()) {
      for (const [k, to] of members.entries()) {
        if (i !== k) to.hear(placeOf(from), from.newsFor(placeOf(to)));
      }
    }
    for (const one of members) if (one !== options.held && one.takeWrite()) one.written();
    for (const one of members) one.beat();
  }
}

const placeOf = (one: Formation): number =>
  [1, 2, 3].find((place) => !one.others.includes(place)) ?? 0;

const recordOf = (one: Formation): Founding => {
  const news = one.newsFor(0);
  if (news.status === "none") throw new Error("it has no record");
  return news.founding;
};

test("all listed members, each with its store: one cluster, numbered by the list", () => {
  const all = [member(1), member(2), member(3)];
  talk(all);
  const [first, ...rest] = all.map(({ formed }) => formed);
  expect(first?.founders).toEqual(
    [1, 2, 3].map((id) => {
      return { id, name: `n${id}`, storeId: `store-${id}`, machine: `machine-${id}` };
    }),
  );
  expect(first?.attempt).toBe(1);
  // The clock of the middle: no single one decides when the cluster's time begins.
  expect(first?.bornMs).toBe(2_000);
  for (const other of rest) expect(other).toEqual(first);
});

test("a list of one forms by its own sync, and not before", () => {
  const alone = member(1, { names: ["n1"], list: "n1=a:1" });
  for (let i = 0; i < 2; i += 1) {
    expect(alone.formed).toBeUndefined();
    expect(alone.takeWrite()?.isFormed).toBe(i === 1);
    expect(alone.takeWrite()).toBeUndefined();
    alone.written();
  }
  expect(alone.formed?.founders).toHaveLength(1);
});

test("while one is missing nobody writes anything, and it is named", () => {
  const [n1, n2] = [member(1), member(2)];
  talk([n1, n2]);
  expect([n1, n2].map((one) => one.newsFor(3).status)).toEqual(["none", "none"]);
  expect(n1.waitsFor).toContain("not heard yet: n3");
});

test("F2: what was said to an earlier life of the minter does not count", () => {
  const [n2, n3] = [member(2), member(3)];
  const before = member(1);
  talk([before, n2, n3], { rounds: 1, held: before });
  const said = [n2.newsFor(1), n3.newsFor(1)];
  const after = member(1);
  for (const [i, news] of said.entries()) after.hear(i + 2, news);
  expect(after.takeWrite()).toBeUndefined();
  talk([after, n2, n3]);
  expect(after.formed).toBeDefined();
});

test("F3: not formed before every founder has synced this attempt", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { held: all[2] });
  expect(all.map(({ formed }) => formed)).toEqual([undefined, undefined, undefined]);
  all[2].takeWrite();
  all[2].written();
  talk(all);
  for (const one of all) expect(one.formed).toBeDefined();
});

test("a member that comes back empty while the cluster is unfinished joins a new attempt of it", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { held: all[2] });
  const { cluster } = recordOf(all[0]);
  const again = member(3, { storeId: "store-3b" });
  talk([all[0], all[1], again]);
  expect(again.formed).toMatchObject({ cluster, attempt: 2 });
  expect(again.formed?.founders[2].storeId).toBe("store-3b");
  expect(all[1].formed).toEqual(again.formed);
});

test("a member that restarts in the middle goes on from its record", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { held: all[2] });
  const n2 = member(2, { unfinished: recordOf(all[1]) });
  const n1 = member(1, { unfinished: recordOf(all[0]) });
  all[2].takeWrite();
  all[2].written();
  talk([n1, n2, all[2]]);
  expect(n1.formed?.attempt).toBe(1);
  expect(n2.formed).toEqual(n1.formed);
});

test("an emptied member of a formed cluster stays out with a sentence, whoever it hears", () => {
  for (const place of [1, 2, 3]) {
    const all = [member(1), member(2), member(3)];
    talk(all);
    const emptied = member(place, { storeId: "another" });
    talk([...all.filter((one) => placeOf(one) !== place), emptied], { rounds: 2 });
    expect(emptied.formed).toBeUndefined();
    expect(emptied.takeWrite()).toBeUndefined();
    expect(emptied.refusal).toMatch(
      /was emptied or exchanged, .* must not vote again\. Put the old/,
    );
  }
});

test("a minter that lost its unfinished record mints no second cluster; all are told what to do", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { rounds: 3, held: all[0] });
  all[0].takeWrite();
  all[0].written();
  talk(all, { rounds: 2, held: all[0] });
  const n1 = member(1, { storeId: "another" });
  talk([n1, all[1], all[2]]);
  for (const one of [n1, all[1], all[2]]) {
    expect(one.formed).toBeUndefined();
    expect(one.waitsFor).toMatch(/n1 has lost the unfinished record .* n2, n3 .* No data was ever/);
  }
});

test("another member list keeps the cluster from forming, and both lists are shown", () => {
  const all = [member(1), member(2, { list: "n1=a:1,n3=c:1,n2=b:1" }), member(3)];
  talk(all);
  expect(all[0].takeWrite()).toBeUndefined();
  expect(all[0].waitsFor).toContain(
    `n2 was started with another member list (n1=a:1,n3=c:1,n2=b:1)`,
  );
  expect(all[0].waitsFor).toContain(LIST);
});

test("a node that is no founder of the cluster it hears of is told so", () => {
  const all = [member(1), member(2), member(3)];
  talk(all);
  const stranger = member(3, { names: ["n1", "n2", "n4"], storeId: "store-4" });
  all[0].hear(3, stranger.newsFor(1));
  stranger.hear(1, all[0].newsFor(3));
  expect(stranger.refusal).toMatch(
    /n1 belongs to cluster [0-9a-f]{16}, of which n4 is no member\. Adding/,
  );
});

test("a minter that starts again and hears an emptied member first waits for the others, and goes on", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { held: all[2] });
  const n1 = member(1, { unfinished: recordOf(all[0]) });
  const n2 = member(2, { storeId: "store-2b" });
  talk([n1, n2], { rounds: 3 });
  expect(n1.waitsFor).toContain("not heard yet: n3");
  talk([n1, n2, all[2]]);
  expect(all[2].formed).toMatchObject({ attempt: 2 });
});

test("who falls silent is named, and a record that only some still hold is named as soon as one does", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { held: all[2] });
  const emptied = member(1, { storeId: "another" });
  const n3 = member(3);
  talk([emptied, all[1], n3]);
  for (const one of [emptied, all[1], n3]) {
    expect(one.waitsFor).toMatch(
      /n1 has lost the unfinished record .* n2 still holds\. No data was/,
    );
  }
  talk([emptied, all[1]]);
  expect(emptied.waitsFor).toContain("not heard any more: n3");
});

test("a majority of clocks beyond all bounds is not when the cluster was born (rev-F9)", () => {
  const all = [member(1), member(2), member(3)];
  for (const one of all.slice(1)) one.wallMs = 2 ** 48 - 4_000;
  talk(all);
  expect(all.map(({ formed }) => formed?.bornMs)).toEqual([2 ** 47, 2 ** 47, 2 ** 47]);
});

test("a directory that was copied to another member before the first start forms no cluster (rev-F8)", () => {
  const all = [member(1), member(2), member(3, { storeId: "store-2" })];
  talk(all);
  expect(all.map((one) => [one.formed, one.takeWrite()])).toEqual(
    all.map(() => [undefined, undefined]),
  );
  for (const one of all) expect(one.waitsFor).toMatch(/^n2 and n3 show the same store/);
  // Its own again: the cluster forms.
  const mended = [all[0], all[1], member(3)];
  talk(mended);
  expect(mended.map(({ formed }) => formed !== undefined)).toEqual([true, true, true]);
});

test("the minter's own store is one of those that no other member may show", () => {
  const all = [member(1), member(2), member(3, { storeId: "store-1" })];
  talk(all);
  expect(all.map(({ formed }) => formed)).toEqual([undefined, undefined, undefined]);
  expect(all[0].waitsFor).toMatch(/^n1 and n3 show the same store/);
});

test("nor does an unfinished record go on with two of the same store", () => {
  const all = [member(1), member(2), member(3)];
  talk(all, { rounds: 3, held: all[2] });
  const unfinished = recordOf(all[0]);
  const now = [
    member(1, { unfinished }),
    member(2, { unfinished }),
    member(3, { storeId: "store-2" }),
  ];
  talk(now);
  expect(now.map(({ formed }) => formed)).toEqual([undefined, undefined, undefined]);
  expect(now[0].waitsFor).toMatch(/^n2 and n3 show the same store/);
});

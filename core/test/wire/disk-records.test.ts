import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput } from "../../src/lib/bytes.js";
import {
  blockKey,
  blockKeyParts,
  decodeHardState,
  decodeNodeRecord,
  decodeTurnRecord,
  encodeHardState,
  encodeNodeRecord,
  encodeTurnRecord,
  hardStateKey,
  keyNumber,
  Tag,
  tagKey,
  turnKey,
  turnRecordHash,
} from "../../src/wire/disk-records.js";
import { u16, u32, u48 } from "../support/arbitraries.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const hardState = fc.record({ term: u32, vote: u16, lastIndex: u48, lastTerm: u32 });
const dirty = fc.array(fc.record({ group: u32, lastIndex: u48, hardStateHash: u32 }), {
  maxLength: 5,
});
const turnRecord = fc.record({
  n: u48,
  boots: u32,
  oldest: u48,
  previousHash: u32,
  previousHash2: u32,
  operationsHash: u32,
  dirty,
  dirtyBefore: dirty,
});

describe("keys", () => {
  test("goldens of every kind: a store written today must open tomorrow", () => {
    expect(hex(tagKey(Tag.node))).toBe("01");
    expect(hex(turnKey(1))).toBe("02000000000001");
    expect(hex(turnKey(2 ** 40 + 2))).toBe("02010000000002");
    expect(hex(hardStateKey(0))).toBe("0300000000");
    expect(hex(hardStateKey(16777215))).toBe("0300ffffff");
    expect(hex(blockKey(258, 2 ** 41 + 3))).toBe("0400000102020000000003");
    expect(hex(tagKey(Tag.end))).toBe("ff");
  });

  test("say what they name", () => {
    fc.assert(
      fc.property(u32, u48, (group, number) => {
        expect(keyNumber(turnKey(number))).toBe(number);
        expect(keyNumber(hardStateKey(group))).toBe(group);
        expect(blockKeyParts(blockKey(group, number))).toEqual({ group, first: number });
      }),
    );
  });

  test("sort as bytes in the order of tag, group and index", () => {
    const compare = (a: Uint8Array, b: Uint8Array): number => Math.sign(Buffer.compare(a, b));
    fc.assert(
      fc.property(u32, u48, u32, u48, (g1, i1, g2, i2) => {
        expect(compare(blockKey(g1, i1), blockKey(g2, i2))).toBe(Math.sign(g1 - g2 || i1 - i2));
        expect(compare(turnKey(i1), turnKey(i2))).toBe(Math.sign(i1 - i2));
        const all = [
          tagKey(Tag.node),
          turnKey(i1),
          hardStateKey(g1),
          blockKey(g1, i1),
          tagKey(Tag.end),
        ];
        expect([...all].sort(compare)).toEqual(all);
      }),
    );
  });
});

describe("records", () => {
  test("goldens", () => {
    expect(hex(encodeHardState({ term: 5, vote: 2, lastIndex: 2 ** 33, lastTerm: 4 }))).toBe(
      "01050000000200000000000200040000002b4f811a",
    );
    expect(hex(encodeNodeRecord(3))).toBe("01030000004371f7e9");
    const record = {
      n: 9,
      boots: 6,
      oldest: 4,
      previousHash: 0x01020304,
      previousHash2: 0x05060708,
      operationsHash: 0x090a0b0c,
      dirty: [{ group: 1, lastIndex: 2, hardStateHash: 3 }],
      dirtyBefore: [],
    };
    expect(hex(encodeTurnRecord(record))).toBe(
      "0109000000000006000000040000000000040302010807060" +
        "50c0b0a09010000000100000002000000000003000000000000003818a3ee",
    );
    expect(turnRecordHash(encodeTurnRecord(record))).toEqual([2833554553, 2903929585]);
  });

  test("are read back as they were written", () => {
    fc.assert(
      fc.property(hardState, turnRecord, u32, (state, turn, boots) => {
        expect(decodeHardState(encodeHardState(state))).toEqual(state);
        expect(decodeTurnRecord(encodeTurnRecord(turn))).toEqual(turn);
        expect(decodeNodeRecord(encodeNodeRecord(boots))).toBe(boots);
      }),
    );
  });

  const kinds: readonly [string, fc.Arbitrary<Uint8Array>, (bytes: Uint8Array) => unknown][] = [
    ["hard state", hardState.map(encodeHardState), decodeHardState],
    ["turn record", turnRecord.map(encodeTurnRecord), decodeTurnRecord],
    ["node record", u32.map(encodeNodeRecord), decodeNodeRecord],
  ];

  test.each(kinds)(
    "%s: a flipped bit, a cut and a longer record are noticed",
    (_, arbitrary, decode) => {
      fc.assert(
        fc.property(arbitrary, fc.nat(), (bytes, at) => {
          const flipped = bytes.slice();
          const bit = at % (bytes.length * 8);
          flipped[bit >> 3] ^= 1 << (bit & 7);
          expect(() => decode(flipped)).toThrow(MalformedInput);
          expect(() => decode(bytes.subarray(0, at % bytes.length))).toThrow(MalformedInput);
          const longer = new Uint8Array(bytes.length + 1);
          longer.set(bytes);
          expect(() => decode(longer)).toThrow(MalformedInput);
        }),
      );
    },
  );

  test("one kind is never taken for another", () => {
    fc.assert(
      fc.property(hardState, turnRecord, u32, (state, turn, boots) => {
        const all = [encodeHardState(state), encodeTurnRecord(turn), encodeNodeRecord(boots)];
        kinds.forEach(([, , decode], i) =>
          all.forEach((bytes, j) => {
            if (i !== j) expect(() => decode(bytes)).toThrow(MalformedInput);
          }),
        );
      }),
    );
  });

  test("the hash of a turn record has 64 bits that all depend on its bytes", () => {
    fc.assert(
      fc.property(turnRecord, u32, (turn, other) => {
        const [a, b] = turnRecordHash(encodeTurnRecord(turn));
        const [c, d] = turnRecordHash(
          encodeTurnRecord({ ...turn, operationsHash: (turn.operationsHash ^ (other | 1)) >>> 0 }),
        );
        expect([a === c, b === d]).toEqual([false, false]);
      }),
    );
  });
});

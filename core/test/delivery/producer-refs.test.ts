import fc from "fast-check";
import { expect, test } from "vitest";
import { ProducerRefs } from "../../src/delivery/producer-refs.js";

const u32 = fc.nat({ max: 0xffff_ffff });
const triple = fc.record({
  producerId: fc.constantFrom("a", "b"),
  epochHi: fc.constantFrom(0, 7),
  epochLo: u32,
  sequenceHi: u32,
  sequenceLo: u32,
});

test("gives back the whole triple of every slot, and none where none was put or it was deleted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(triple), { maxLength: 100 }),
      fc.nat({ max: 99 }),
      (triples, gone) => {
        const refs = new ProducerRefs();
        triples.forEach((t, slot) => {
          if (t) refs.set(slot, t, t.sequenceHi, t.sequenceLo);
        });
        refs.delete(gone);
        triples.forEach((t, slot) => {
          expect(refs.get(slot)).toEqual(slot === gone ? undefined : (t ?? undefined));
        });
        expect(refs.get(triples.length)).toBeUndefined();
      },
    ),
  );
});

import { describe, expect, test } from "vitest";
import { isSameStream, streamKey } from "../../src/lib/stream-name.js";

const NAME = { edge: 1, edgeIncarnation: 2, stream: 3 };

describe("a stream", () => {
  test("is the same by its name, whatever else is known of it", () => {
    expect(isSameStream(NAME, { ...NAME })).toBe(true);
  });

  test.each(["edge", "edgeIncarnation", "stream"] as const)("differs by its %s", (field) => {
    expect(isSameStream(NAME, { ...NAME, [field]: 4 })).toBe(false);
  });

  test("of a later life of its edge takes the place of the one before", () => {
    expect(streamKey({ ...NAME })).toBe(streamKey({ edge: 1, stream: 3 }));
    expect(streamKey({ edge: 11, stream: 1 })).not.toBe(streamKey({ edge: 1, stream: 11 }));
  });
});

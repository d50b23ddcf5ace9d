import { describe, expect, it } from "vitest";
import { seenWithin, until, within } from "../src/until.js";

describe("until", () => {
  it("gives what was seen once it is there", async () => {
    let looks = 0;
    const seen = await until("three looks", 5_000, () => {
      looks += 1;
      return looks === 3 && "there";
    });
    expect([seen, looks]).toEqual(["there", 3]);
  });

  it("says what it waited for in vain, and how long", async () => {
    const waiting = until("the moon is blue", 30, () => undefined);
    await expect(waiting).rejects.toThrow("Not within 30 ms: the moon is blue");
    expect(await seenWithin(30, () => false)).toBeUndefined();
  });

  it("looks once more after a long look, and at least once", async () => {
    expect(await until("it is so", 0, () => true)).toBe(true);
  });

  it("ends at once when looking fails", async () => {
    let looks = 0;
    const waiting = until("a look", 5_000, () => {
      looks += 1;
      throw new Error("it ended");
    });
    await expect(waiting).rejects.toThrow("it ended");
    expect(looks).toBe(1);
  });
});

describe("within", () => {
  it("gives the result, or the error, of work that ends in time", async () => {
    expect(await within("the work", 5_000, Promise.resolve(3))).toBe(3);
    await expect(within("the work", 5_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("names work that hangs", async () => {
    const hanging = within("the work", 30, new Promise(() => undefined));
    await expect(hanging).rejects.toThrow("the work hangs: no end within 30 ms");
  });
});

// What a node says when glibc's malloc was told nothing.
import { expect, it } from "vitest";
import { MALLOC_ENV, mallocWarning } from "../../src/memory/malloc-env.js";

const first = "MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_MAX_=32768";

it("names what is missing, and nothing else", () => {
  expect(mallocWarning({}, true)).toContain(`started without ${first}: `);
  const rest = { ...MALLOC_ENV, MALLOC_TRIM_THRESHOLD_: undefined };
  expect(mallocWarning(rest, true)).toContain("without MALLOC_TRIM_THRESHOLD_=131072: ");
});

it.each([
  ["all of it is set", { ...MALLOC_ENV, MALLOC_MMAP_MAX_: "7" }, true],
  ["another C library takes no notice", {}, false],
  ["another allocator was chosen", { LD_PRELOAD: "libjemalloc.so" }, true],
  ["it is tuned in another way", { GLIBC_TUNABLES: "glibc.malloc.arena_max=1" }, true],
])("nothing is said when %s", (_name, env, isGlibc) => {
  expect(mallocWarning(env, isGlibc)).toBeUndefined();
});

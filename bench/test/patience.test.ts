import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Patience } from "../src/patience.js";

const SILENT_MAX_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function stateOf(patience: Patience): Promise<string> {
  let state = "waits";
  patience.over.catch((error: unknown) => {
    state = String(error);
  });
  await vi.advanceTimersByTimeAsync(0);
  return state;
}

it("a workload that says how far it is may take as long as it needs", async () => {
  const patience = new Patience("slow", SILENT_MAX_MS);
  for (let i = 0; i < 10; i += 1) {
    vi.advanceTimersByTime(SILENT_MAX_MS - 1);
    patience.progress(`step ${i}`);
  }
  expect(await stateOf(patience)).toBe("waits");
});

it("one that is silent for too long is given up, with the last thing it said", async () => {
  const patience = new Patience("stuck", SILENT_MAX_MS);
  patience.progress("half is in");
  vi.advanceTimersByTime(SILENT_MAX_MS);
  expect(await stateOf(patience)).toBe(
    "Error: stuck is not done 1 s after it last said: half is in",
  );
});

it("one that ended is not given up", async () => {
  const patience = new Patience("done", SILENT_MAX_MS);
  patience.end();
  vi.advanceTimersByTime(10 * SILENT_MAX_MS);
  expect(await stateOf(patience)).toBe("waits");
  expect(vi.getTimerCount()).toBe(0);
});

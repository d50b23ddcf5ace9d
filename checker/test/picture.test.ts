import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { PairedOperation } from "../src/index.js";
import {
  checkDisheap,
  checkOperations,
  disheapPicture,
  historyModel,
  Lanes,
  register,
  renderPicture,
  searchPicture,
} from "../src/index.js";
import { record } from "./support/recorder.js";

function paired(
  index: number,
  f: string,
  input: unknown,
  output: unknown,
  call: number,
  ret: number,
): PairedOperation {
  const outcome = ret === Infinity ? "unknown" : "ok";
  const times = { call, ret, line: call + 2, callTime: call * 10, returnTime: ret * 10 };
  return { id: index, process: index % 3, f, input, output, outcome, ...times };
}

function registerPicture() {
  const known = historyModel("register");
  if (known === undefined) throw new Error("no register");
  const { operations, recorded } = known.read([
    paired(0, "write", 1, null, 0, 1),
    paired(1, "write", 2, null, 2, Infinity),
    paired(2, "read", null, 1, 4, 5),
    paired(3, "read", null, "</script>", 6, 7),
  ]);
  const result = checkOperations(known.model, operations);
  return searchPicture(known.model, operations, recorded, result);
}

describe("picture data", () => {
  it("marks the operation that no order explains, and offers the longest orders", () => {
    const picture = registerPicture();
    expect(picture.verdict).toBe("illegal");
    expect(picture.bars.map(({ kind }) => kind)).toEqual(["ok", "unknown", "ok", "illegal"]);
    expect(picture.bars[1].to).toBeNull();
    expect(picture.steps[0].order).toContain(2);
    expect(picture.focuses).toMatchObject([{ from: 60, to: 70, bars: [3] }]);
  });

  it("shades the leases of a leased queue, up to their first end", () => {
    const known = historyModel("leased-priority-queue");
    const grant = (fence: number) => ({ id: "a", fence });
    const recorded = [
      paired(0, "push", { id: "a", priority: 1 }, null, 0, 1),
      paired(1, "pop", null, grant(1), 2, 3),
      paired(2, "expire", grant(1), null, 4, Infinity),
      paired(3, "ack", grant(1), null, 5, 6),
      paired(4, "pop", null, grant(2), 7, 8),
    ];
    const read = known?.read(recorded);
    if (known === undefined || read === undefined) throw new Error("no leased queue");
    const result = checkOperations(known.model, read.operations);
    const picture = searchPicture(known.model, read.operations, read.recorded, result);
    expect(picture.shades).toEqual([
      { lane: 1, from: 30, to: 40, label: "lease of a, fence 1" },
      { lane: 1, from: 80, to: 80, label: "lease of a, fence 2, never settled" },
    ]);
  });

  it("orders lanes as people count, and says when the axis is lines instead of times", () => {
    expect(new Lanes(["p2", "c10", "c9", 3]).names).toEqual(["3", "c9", "c10", "p2"]);
    expect(new Lanes(["p2", "c10", "c9"], ["p2", "c10"]).names).toEqual(["c10", "p2", "c9"]);
    const recorded = [{ ...paired(0, "write", 1, null, 0, 1), callTime: 2, returnTime: 3 }];
    const result = checkOperations(register(), []);
    const picture = searchPicture(register(), [], recorded, result);
    expect([picture.unit, registerPicture().unit]).toEqual(["lines", "us"]);
  });

  it("shades leases from delivery to settle and focuses on each broken rule", () => {
    const story = record().enqueue("a").pop("a", { grantedMs: 1 }).ack("a");
    story.pop("a", { fence: 2, grantedMs: 90_000 });
    const picture = disheapPicture(story.lines, checkDisheap(story.lines));
    expect(picture.shades).toMatchObject([
      { from: 4, to: 6 },
      { from: 8, to: 8 },
    ]);
    expect(picture.focuses.map(({ label }) => label.slice(0, 2))).toContain("Q5");
    expect(picture.focuses[0].bars.length).toBeGreaterThan(1);
  });
});

describe("picture page", () => {
  it("holds everything itself, and no text of a history can leave its place", () => {
    const page = renderPicture(registerPicture());
    expect(page).not.toMatch(/https?:|<link|@import|\ssrc=/);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
  });

  const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) =>
    existsSync(path),
  );
  it.skipIf(executablePath === undefined)(
    "works in a browser from the keyboard alone",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "picture-"));
      const args = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"];
      const browser = await chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        args: [
          ...args,
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      });
      try {
        writeFileSync(join(folder, "picture.html"), renderPicture(registerPicture()));
        const page = await browser.newPage();
        const problems: string[] = [];
        page.on("pageerror", (error) => problems.push(String(error)));
        page.on("request", (request) => {
          if (!request.url().startsWith("file:")) problems.push(request.url());
        });
        await page.goto(`file://${join(folder, "picture.html")}`);
        await page.waitForSelector("html[data-ready=yes]");
        const detail = page.locator("#detail");
        expect(await detail.innerText()).toContain('read -> "</script>"');
        await page.keyboard.press("/");
        await page.keyboard.type("write 2");
        await page.keyboard.press("Enter");
        await page.keyboard.press("Escape");
        expect(await page.locator("#found").innerText()).toBe("1 of 1");
        expect(await detail.innerText()).toContain("outcome unknown");
        await page.keyboard.press("/");
        await page.keyboard.press("ControlOrMeta+a");
        await page.keyboard.type("@1 write");
        expect(await page.locator("#found").innerText()).toBe("1 found");
        await page.keyboard.press("Escape");
        await page.keyboard.press("{");
        expect(await page.locator("#state").innerText()).toContain("before the first step");
        await page.keyboard.press("]");
        expect(await page.locator("#state").innerText()).toContain("Step 1 of");
        for (const key of ["+", "-", "0", "ArrowLeft", "ArrowDown", "n", "p", "x", "PageDown"]) {
          await page.keyboard.press(key);
        }
        expect(problems).toEqual([]);
      } finally {
        await browser.close();
        rmSync(folder, { recursive: true });
      }
    },
  );
});

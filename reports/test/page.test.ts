// The page: complete, self-contained, and safe whatever a history holds; in a browser, where there is one.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkDisheap, type HistoryLine } from "linearizability";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { renderPage } from "../src/page.js";
import { verdictOf, type Checked } from "../src/checked.js";
import { history } from "./support.js";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browser = BROWSERS.find((path) => existsSync(path));

function checked(file: string, lines: readonly HistoryLine[]): Checked {
  const report = checkDisheap(lines);
  return { file, lines, report, verdict: verdictOf(report) };
}

const nasty = '</script><img src=x onerror="document.title=1">';

describe("the page", () => {
  it("shows every guarantee with its verdict, and the evidence of what is violated", () => {
    const page = renderPage([checked("a.jsonl", history("5"))]);
    for (const id of ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9"]) {
      expect(page).toContain(`<th scope="row">${id}</th>`);
    }
    expect(page).toContain('<span class="badge violated">violated</span>');
    expect(page).toMatch(/<b>Q2<\/b> .*delivered with payload aa and priority 5/);
    expect(page).toMatch(/<td>3<\/td><td>0\.001000<\/td>/);
  });

  it("holds one section per history", () => {
    const page = renderPage([checked("a.jsonl", history()), checked("b.jsonl", history("5"))]);
    expect(page.match(/<section>/g)).toHaveLength(2);
    expect(page.match(/<iframe /g)).toHaveLength(2);
  });

  it("needs nothing from outside and forbids every connection", () => {
    const page = renderPage([checked("a.jsonl", history())]);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/(src|href)="?(https?:)?\/\//);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it("never lets what a history holds become markup", () => {
    const page = renderPage([checked(nasty, history("5", nasty))]);
    expect(page).not.toContain("<img");
  });

  it.skipIf(browser === undefined)(
    "draws the time line in a browser without an error",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "disheap-page-"));
      const file = join(folder, "page.html");
      writeFileSync(file, renderPage([checked(nasty, history("5", nasty))]));
      const launched = await chromium.launch({ executablePath: browser, args: ["--no-sandbox"] });
      try {
        const page = await launched.newPage();
        const complaints: string[] = [];
        page.on("console", (message) => complaints.push(message.text()));
        page.on("pageerror", (error) => complaints.push(error.message));
        await page.goto(`file://${file}`);
        const frame = page.frameLocator("iframe");
        await frame.locator("#detail").waitFor();
        expect(await frame.locator("h1").innerText()).toContain("3 operations: violated");
        expect(await page.title()).toBe("Disheap: what a history shows");
        expect(complaints).toEqual([]);
      } finally {
        await launched.close();
        rmSync(folder, { recursive: true });
      }
    },
  );
});

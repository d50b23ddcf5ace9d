// A process that runs seeds, from the parent's side: what it makes of answers, deaths and silence. The
// children only pretend to run seeds.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { SeedProcess } from "../../src/kill/seed-process.js";

let folder = "";
const processes: SeedProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-seed-process-test-"));
});

afterEach(() => {
  for (const one of processes.splice(0)) one.end();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A child whose body returns the broken rule of a seed, if any. */
function start(name: string, body: string, wallMs = 60_000): SeedProcess {
  const file = join(folder, `${name}.mjs`);
  const source = `
    let cpuMs = 100;
    process.on("message", async ({ seed, eventsMax }) => {
      const rule = await (async () => { ${body} })();
      cpuMs += 10;
      process.send({ seed, rule: rule ?? null, message: \`\${eventsMax} events\`, cpuMs });
    });`;
  writeFileSync(file, source);
  const made = new SeedProcess(file, { eventsMax: 77, wallMs });
  processes.push(made);
  return made;
}

test("answers one seed after another, with the processor time of each", async () => {
  const child = start("answers", `if (seed === 5) return "Q3";`);
  expect(await child.run(4)).toEqual({ failure: undefined, cpuMs: 110 });
  expect(await child.run(5)).toEqual({ failure: { rule: "Q3", message: "77 events" }, cpuMs: 10 });
  expect(await child.run(6)).toEqual({ failure: undefined, cpuMs: 10 });
  expect(child.isUsable).toBe(true);
});

test("has crashed when it dies, and says with which words", async () => {
  const child = start("dies", `console.error("out of luck"); process.exit(3);`);
  const answer = await child.run(1);
  expect(answer?.failure).toEqual({ rule: "crash", message: "out of luck" });
  expect(child.isUsable).toBe(false);
});

test("has crashed when it was dead before the order", async () => {
  const child = start("dead", `setTimeout(() => process.exit(0), 20);`);
  await child.run(1);
  while (child.isUsable) await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await child.run(2))?.failure?.rule).toBe("crash");
});

test("did not end when it says nothing for too long, also in an endless loop", async () => {
  const child = start("loops", "for (;;);", 1500);
  const { failure } = (await child.run(1)) ?? {};
  expect(failure).toEqual({ rule: "did not end", message: "the run did not end within 1.5 s" });
  expect(child.isUsable).toBe(false);
});

test("gives no answer when it is ended meanwhile", async () => {
  const child = start("slow", "await new Promise((resolve) => setTimeout(resolve, 60_000));");
  const answer = child.run(1);
  child.end();
  expect(await answer).toBeUndefined();
  expect(child.isUsable).toBe(false);
});

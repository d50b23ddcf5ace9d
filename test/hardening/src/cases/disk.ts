// Disks that are full, read-only or damaged, and nodes that are killed while they start.

import { chmodSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type NodeProcess, until } from "@disheap/harness";
import type { Api } from "../api.js";
import { type HardeningCase, KnownLimit } from "../case.js";
import { expect } from "../expect.js";
import { Ledger } from "../ledger.js";
import { Garbage } from "../random.js";
import { flipByte, mountSmall, remount, restoreFolder, storeFiles } from "../storage.js";
import type { World } from "../world.js";
import { refuses } from "./identity.js";

const PAYLOAD_BYTES = 60_000;

/** Enqueues until the node cannot take any more; what was acknowledged is in the ledger. */
async function fill(api: Api, ledger: Ledger): Promise<string> {
  for (let i = 0; i < 400; i += 1) {
    try {
      await ledger.add(api, 1, PAYLOAD_BYTES);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  throw new Error("the disk never became full");
}

/** The node must have stopped by itself, with a sentence about its disk. */
async function stoppedByDisk(node: NodeProcess): Promise<void> {
  const { code, signal } = await node.ended(10_000);
  const words = node.lastWords();
  expect(code === 1, `exit code ${String(code)} ${String(signal)}, not 1: ${words}`);
  expect(/"level":"fatal"/.test(words), `no last sentence: ${words}`);
  expect(/\bspace\b.*\./.test(words), `what to do is not said: ${words}`);
}

const fullDisk: HardeningCase = {
  name: "disk.full",
  does: "a node on a file system of 6 MB takes messages until it is full, restarts, then gets room",
  expects: "it stops with a sentence; with room again every acknowledged message is there",
  lane: "own",
  maxMs: 90_000,
  run: async (world) => {
    const disk = mountSmall(world, "disk", 6);
    const node = await world.running("data", { folder: join(disk, "data") });
    const api = world.api(node);
    const ledger = new Ledger("t");
    await api.makeTopic("t");
    const last = await fill(api, ledger);
    await stoppedByDisk(node);
    // Still full: it may refuse or serve, but neither crash nor hang.
    node.start();
    await until("it decides", 15_000, async () => !node.isRunning || (await node.isHealthy()));
    const again = node.isRunning ? "serves" : "refuses";
    if (node.isRunning) await node.kill();
    else expect(/"level":"fatal"/.test(node.lastWords()), `no sentence: ${node.lastWords()}`);
    remount(disk, "size=64m");
    await node.start().healthy();
    await ledger.check(api);
    await ledger.add(api, 3);
    return `${String(ledger.size)} messages kept; the client heard "${last}"; restarted while full it ${again}`;
  },
};

const fileLimit: HardeningCase = {
  name: "disk.file-limit",
  does: "a node may write files of 3 MB at most (ulimit -f)",
  expects: "it stops with a sentence; without the limit every acknowledged message is there",
  lane: "own",
  maxMs: 90_000,
  run: async (world) => {
    const wrapper = ["sh", "-c", 'ulimit -f 6144 && exec "$@"', "sh"];
    const limited = await world.running("data", { wrapper });
    const api = world.api(limited);
    const ledger = new Ledger("t");
    await api.makeTopic("t");
    await fill(api, ledger);
    await stoppedByDisk(limited);
    const { addresses } = limited;
    const free = await world.running("data", { addresses });
    await ledger.check(world.api(free));
    return `${String(ledger.size)} messages kept`;
  },
};

const readOnly: HardeningCase = {
  name: "disk.read-only",
  does: "a node starts on a read-only directory: a new one, and one that holds its store",
  expects: "exit code 1 with a sentence; writable again, nothing is lost",
  lane: "own",
  maxMs: 60_000,
  run: async (world) => {
    const isRoot = process.getuid?.() === 0;
    const disk = isRoot ? mountSmall(world, "disk", 32) : join(world.folder, "disk");
    const seal = (folder: string, isSealed: boolean): void => {
      if (isRoot) remount(disk, isSealed ? "ro" : "rw");
      else chmodSync(folder, isSealed ? 0o555 : 0o755);
    };
    mkdirSync(disk, { recursive: true });
    const node = await world.single("data", { folder: join(disk, "data") });
    seal(disk, true);
    await refuses(node, /cannot be used: .*Check that/);
    seal(disk, false);
    await node.start().healthy();
    const api = world.api(node);
    const ledger = new Ledger("t");
    await api.makeTopic("t");
    await ledger.add(api, 20);
    await node.stop();
    const store = join(disk, "data", "store");
    seal(store, true);
    await refuses(node, /cannot be (used|opened): .*Check/);
    seal(store, false);
    await node.start().healthy();
    await ledger.check(api);
    return "refused twice, nothing lost";
  },
};

const KILLS = 20;

const killedStarts: HardeningCase = {
  name: "disk.killed-starts",
  does: `SIGKILL at ${String(KILLS)} random moments of a start, from an empty directory and later`,
  expects: "the next start is clean and nothing acknowledged is lost",
  lane: "own",
  maxMs: 120_000,
  run: async (world) => {
    const garbage = new Garbage(5);
    const node = await world.single();
    const api = world.api(node);
    const ledger = new Ledger("t");
    const startedMs = performance.now();
    const killSoon = async (): Promise<void> => {
      node.start();
      await sleep(garbage.below(900));
      expect(node.isRunning, `a start after a kill ended by itself: ${node.lastWords()}`);
      await node.kill();
    };
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await killSoon();
      if (kill % 5 !== 0) continue;
      await node.start().healthy();
      if (ledger.isEmpty) await api.makeTopic("t");
      await ledger.add(api, 20);
      // In the middle of an enqueue, too.
      const last = api.enqueue("t", "unknown").catch(() => undefined);
      await node.kill();
      await last;
    }
    await node.start().healthy();
    const found = await api.count("t");
    expect(found >= ledger.size, `${String(found)} of ${String(ledger.size)} messages are left`);
    const items = await api.pop("t", { count: found, maxMs: 10_000 });
    const ids = new Set(items.map(({ messageId }) => messageId));
    expect(ids.size === found, `${String(ids.size)} different messages of ${String(found)}`);
    const took = ((performance.now() - startedMs) / 1000).toFixed(0);
    return `${String(KILLS)} kills in ${took} s; ${String(ledger.size)} acknowledged, ${String(found)} there`;
  },
};

/** What a node made of a damaged file. */
type Outcome = "refused" | "correct" | "lost";

async function afterDamage(world: World, node: NodeProcess, ledger: Ledger): Promise<Outcome> {
  node.start();
  await until("the node refuses or serves", 20_000, async () => {
    return !node.isRunning || (await node.isHealthy());
  });
  if (!node.isRunning) {
    const { code } = await node.ended(1_000);
    const words = node.lastWords();
    expect(code === 1 && /"level":"fatal"/.test(words), `no clear refusal: ${words}`);
    expect(!words.includes("A bug stopped this node"), `not a clear refusal: ${words}`);
    return "refused";
  }
  const api = world.api(node);
  const count = await api.count("t").catch(() => -1);
  const problem = count === ledger.size ? await ledger.problem(api) : "the count differs";
  await node.kill();
  return problem === undefined ? "correct" : "lost";
}

/** The last batch holds one message of 700 bytes, so it is no longer than this. */
const LAST_BATCH_BYTES = 1_500;
const MESSAGE_BYTES = 700;

const flippedBytes: HardeningCase = {
  name: "disk.flipped-bytes",
  does: "one byte of a stopped node's log, tables or manifest is flipped, at 20 places, one at a time",
  expects: "the node refuses with a sentence, or serves exactly what was acknowledged",
  lane: "own",
  maxMs: 150_000,
  run: async (world) => {
    const node = await world.running();
    const api = world.api(node);
    const ledger = new Ledger("t");
    await api.makeTopic("t");
    await ledger.add(api, 150, MESSAGE_BYTES);
    await node.kill();
    const folder = node.dataFolder;
    const [young, old] = [join(world.folder, "young"), join(world.folder, "old")];
    restoreFolder(folder, young);
    // A start moves the log into a table.
    await node.start().healthy();
    await node.stop();
    restoreFolder(folder, old);
    const garbage = new Garbage(17);
    const seen: string[] = [];
    const tail: string[] = [];
    const flip = async (
      from: string,
      kind: "log" | "table" | "manifest",
      at: (size: number) => number,
    ): Promise<void> => {
      restoreFolder(from, folder);
      const [file] = storeFiles(folder, kind);
      expect(file !== undefined, `there is no ${kind} file`);
      const { size } = statSync(file);
      const offset = at(size);
      flipByte(file, offset);
      const outcome = await afterDamage(world, node, ledger);
      const where = `${basename(file)} at ${String(offset)} of ${String(size)}`;
      const isTail = kind === "log" && offset >= size - LAST_BATCH_BYTES;
      if (outcome === "lost" && isTail) tail.push(where);
      else expect(outcome !== "lost", `${where}: acknowledged messages are lost`);
      seen.push(outcome);
    };
    const anywhere = (size: number): number => garbage.below(size);
    for (let i = 0; i < 6; i += 1) {
      await flip(young, "log", (size) => garbage.below(size - LAST_BATCH_BYTES));
    }
    for (let i = 0; i < 2; i += 1)
      await flip(young, "log", (size) => size - 1 - garbage.below(300));
    await flip(young, "manifest", anywhere);
    for (let i = 0; i < 8; i += 1) await flip(old, "table", anywhere);
    await flip(old, "table", (size) => size - 20);
    await flip(old, "manifest", anywhere);
    await flip(old, "manifest", () => 3);
    const counts = ["refused", "correct", "lost"].map(
      (outcome) => `${outcome} ${String(seen.filter((one) => one === outcome).length)}`,
    );
    const summary = `of ${String(seen.length)} flips: ${counts.join(", ")}`;
    if (tail.length > 0) {
      throw new KnownLimit(
        `${summary}. The losses are flips inside the very last batch of the log (${tail.join("; ")}):` +
          " it looks like a write that a crash cut off, and one node alone cannot tell (D-39).",
      );
    }
    return summary;
  },
};

export const diskCases: readonly HardeningCase[] = [
  fullDisk,
  fileLimit,
  readOnly,
  killedStarts,
  flippedBytes,
];

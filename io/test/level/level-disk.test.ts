import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DiskEvent, DiskOp } from "../../src/ports.js";
import { LevelProcess, WRITER } from "../conformance/level-rig.js";

let directory: string;
const running: LevelProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "disheap-level-"));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop()));
  await rm(directory, { recursive: true, force: true });
});

const put = (key: string, value: string | Uint8Array): DiskOp => ({
  type: "put",
  key: Buffer.from(key),
  value: Buffer.from(value),
});

type Judge = (record: Uint8Array) => string | undefined;

async function open(judge?: Judge): Promise<{ process: LevelProcess; event: DiskEvent }> {
  const process = new LevelProcess(directory, judge);
  running.push(process);
  process.port.open(0);
  return { process, event: await process.completion(0) };
}

async function used(): Promise<void> {
  const { process, event } = await open();
  expect(event).toMatchObject({ kind: "disk.opened", token: 0, identity: undefined });
  process.port.write(1, [put("k", "v")], true);
  await process.completion(1);
  await process.stop();
}

async function refusal(judge?: Judge): Promise<string> {
  const { process, event } = await open(judge);
  await process.stop();
  return event.kind === "disk.failed" ? event.message : event.kind;
}

const identity = (): string => join(directory, "identity.json");

test("a record that its node does not accept is refused before the store is opened", async () => {
  await used();
  const first = (await open()).process;
  first.port.identify(7, Uint8Array.of(1, 2));
  await first.completion(7);
  await first.stop();
  const before = await readdir(join(directory, "store"));
  expect(await refusal((record) => `It says ${record.join()}. Start another one.`)).toBe(
    "It says 1,2. Start another one.",
  );
  // LevelDB writes new files whenever it opens a store.
  expect(await readdir(join(directory, "store"))).toEqual(before);
  const { process, event } = await open(() => undefined);
  expect(event).toMatchObject({ kind: "disk.opened", identity: Uint8Array.of(1, 2) });
  process.port.scan(2, Buffer.from("k"), Buffer.from("l"), 1);
  const found = await process.completion(2);
  expect(found).toMatchObject({ entries: [{ value: new Uint8Array(Buffer.from("v")) }] });
});

test("D-38: a store without its identity file is refused, not taken for a new node", async () => {
  await used();
  await rm(identity());
  expect(await refusal()).toMatch(/holds a store, but its identity file .* is missing\. Restore/);
  expect(await refusal()).toMatch(/Do not start this node with an emptied directory/);
  expect(await readdir(directory)).toEqual(["store"]);
});

test("D-38: an identity file without its store is refused, whether gone, empty or exchanged", async () => {
  await used();
  const own = await readFile(identity());
  await rm(join(directory, "store"), { recursive: true });
  expect(await refusal()).toMatch(/there is no store beside it: .* Put the store back/);
  await mkdir(join(directory, "store"));
  expect(await refusal()).toMatch(/there is no store beside it/);

  await rm(identity());
  await used();
  const other = JSON.parse(await readFile(identity(), "utf8")) as { storeUuid: string };
  await writeFile(identity(), own);
  expect(await refusal()).toContain(`the store ${other.storeUuid} is in its place`);
  expect(await readFile(identity())).toEqual(own);
});

test("D-38: a store that LevelDB opens as an empty one is refused", async () => {
  await used();
  const store = join(directory, "store");
  for (const name of await readdir(store)) {
    if (/\.(log|ldb)$/.test(name)) await rm(join(store, name));
  }
  expect(await refusal()).toMatch(/its write-ahead log is missing/);
});

test("a damaged identity file is refused with a sentence", async () => {
  await used();
  for (const text of ["", "{", '{"format":"disheap-identity"}', '{"version":2}', "null"]) {
    await writeFile(identity(), text);
    expect(await refusal()).toMatch(/cannot be read: it is damaged\..* does not come back/);
  }
});

test("an identity file of another version is no damage, and the folder is to stay (D-86)", async () => {
  await used();
  for (const version of [0, 1, 99]) {
    await writeFile(identity(), JSON.stringify({ format: "disheap-identity", version }));
    const said = await refusal();
    expect(said).toContain("was written by another version of Disheap. Start that version");
    expect(said).toContain("do not move the data directory away");
    expect(said).not.toContain("is damaged");
  }
});

test("a first start that died before the store was complete may start again, as new", async () => {
  const creating = {
    format: "disheap-identity",
    version: 2,
    state: "creating",
    storeUuid: "11111111-2222-3333-4444-555555555555",
  };
  await writeFile(identity(), JSON.stringify(creating));
  await mkdir(join(directory, "store"));
  await writeFile(join(directory, "store", "LOCK"), "");
  await used();
  expect(JSON.parse(await readFile(identity(), "utf8"))).toEqual({ ...creating, state: "ready" });
  // The same words beside a store that holds data are a lie.
  await writeFile(identity(), JSON.stringify(creating));
  expect(await refusal()).toMatch(/holds a store, but its identity file/);
});

test("two processes that create the same directory at once: one wins, the other is refused", async () => {
  for (let round = 0; round < 10; round += 1) {
    const [a, b] = await Promise.all([open(), open()]);
    const kinds = [a, b].map(({ event }) => event.kind).sort();
    expect(kinds).toEqual(["disk.failed", "disk.opened"]);
    await Promise.all(running.splice(0).map((process) => process.stop()));
    const { event } = await open();
    expect(event).toMatchObject({ kind: "disk.opened", token: 0 });
    await Promise.all(running.splice(0).map((process) => process.stop()));
    await rm(directory, { recursive: true });
  }
});

test("a directory that another process has open is refused by name, and that process goes on", async () => {
  const args = [WRITER, directory, "100000", "1", "1"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let [written, refused] = [0, ""];
  for await (const line of createInterface(child.stdout)) {
    written = Number(line);
    if (written === 5) refused = await refusal();
    if (written === 50) child.kill("SIGKILL");
  }
  expect(refused).toMatch(/is already in use by another process\. Stop that process, or give/);
  expect(refused).toContain(directory);
  expect(written).toBeGreaterThanOrEqual(50);
});

test("a path that cannot be a directory is refused with a sentence", async () => {
  const file = join(directory, "file");
  await writeFile(file, "");
  directory = file;
  expect(await refusal()).toMatch(/^The data directory .*file cannot be used: .*\. Check that/);
});

test("the store's own keys are invisible and out of reach", async () => {
  const { process } = await open();
  process.port.scan(1, Buffer.of(), Buffer.of(255, 255, 255), 1_000);
  expect(await process.completion(1)).toMatchObject({ entries: [], done: true });
  expect(() => process.port.write(2, [put("\u00ff", "")], true)).not.toThrow();
  const reserved: DiskOp = { type: "del", key: Buffer.of(255, 1) };
  expect(() => process.port.write(3, [reserved], true)).toThrow("0xff");
});

test("D-40: after a read error nothing is tried any more", async () => {
  const { process } = await open();
  const ops = Array.from({ length: 50 }, (_, i) => put(`key${i}`, Buffer.alloc(1_000, i)));
  process.port.write(1, ops, true);
  await process.completion(1);
  await process.stop();
  await (await open()).process.stop(); // recovery moves the batch into a table file
  const store = join(directory, "store");
  const [table] = (await readdir(store)).filter((name) => name.endsWith(".ldb"));
  await truncate(join(store, table), 100);
  const damaged = await open();
  const { port } = damaged.process;
  // LevelDB may notice when it opens or when it reads; it must not answer as if all were well.
  if (damaged.event.kind === "disk.opened") {
    port.scan(1, Buffer.from("key7"), Buffer.from("key8"), 1);
    expect((await damaged.process.completion(1)).kind).toBe("disk.failed");
  }
  port.write(2, [put("k", "v")], true);
  port.scan(3, Buffer.of(), Buffer.of(255), 100);
  for (const token of [2, 3]) {
    const event = await damaged.process.completion(token);
    expect(event.kind === "disk.failed" && event.message).toMatch(/^Not tried after/);
  }
});

test("D-40: a failed write poisons the port, and what was synced before is kept", async () => {
  // A limit on the size of files makes the operating system refuse a write in the middle.
  const script = 'ulimit -f 64 && exec "$0" "$@"';
  const child = spawn("sh", ["-c", script, process.execPath, WRITER, directory, "5000", "1", "6"]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => (out += String(text)));
  child.stderr.on("data", (text) => (err += String(text)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code).toBe(1);
  const written = out.trim().split("\n").map(Number);
  expect(written).toEqual(written.map((_, i) => i + 1));
  const failed = err.trim().split("\n");
  expect(failed.length).toBe(6);
  expect(failed[0]).toMatch(
    new RegExp(`^${written.length + 1}: The store .* cannot be written: .*File too large.*Check`),
  );
  for (const line of failed.slice(1)) expect(line).toMatch(/: Not tried after an earlier failure/);
  const { process: next, event } = await open();
  expect(event).toMatchObject({ kind: "disk.opened" });
  next.port.scan(1, Buffer.from("left/"), Buffer.from("left0"), 1e9);
  const scanned = await next.completion(1);
  const count = scanned.kind === "disk.scanned" ? scanned.entries.length : 0;
  expect(count).toBeGreaterThanOrEqual(written.length);
});

/** Bytes of the store's tables that count as memory of this process. */
async function mappedTables(): Promise<number> {
  let bytes = 0;
  let isTable = false;
  for (const line of (await readFile("/proc/self/smaps", "utf8")).split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isTable = line.includes(directory);
    else if (isTable && line.startsWith("Rss:")) bytes += Number(/\d+/.exec(line)?.[0]) * 1024;
  }
  return bytes;
}

test.skipIf(process.platform !== "linux")(
  "tables that were read stop counting as memory once they are opened anew; nothing is lost or out of order",
  async () => {
    const MIB = 1 << 20;
    const BLOCKS = 48;
    const block = (n: number): DiskOp => put(`b${String(n).padStart(3, "0")}`, randomBytes(MIB));
    const first = await open();
    const { port } = first.process;
    for (let n = 0; n < BLOCKS; n += 1) port.write(n + 1, [block(n)], n === BLOCKS - 1);
    await first.process.completion(BLOCKS);
    await first.process.stop();

    const { process: second } = await open();
    const scan = async (token: number): Promise<number> => {
      second.port.scan(token, Buffer.from("b"), Buffer.from("c"), BLOCKS * 2 * MIB);
      const event = await second.completion(token);
      return event.kind === "disk.scanned" ? event.entries.length : -1;
    };
    expect(await scan(1)).toBe(BLOCKS);
    expect(await mappedTables()).toBeGreaterThan(32 * MIB);
    // In the middle of everything: each completes, and a read sees what was written before it.
    second.port.write(2, [put("c1", "before")], true);
    second.port.scan(3, Buffer.from("b000"), Buffer.from("b001"), 1);
    second.port.reopen();
    second.port.write(4, [put("c2", "after")], true);
    await second.completion(4);
    second.port.scan(5, Buffer.from("c1"), Buffer.from("c2"), 1);
    second.port.scan(6, Buffer.from("c2"), Buffer.from("c3"), 1);
    const kinds = await Promise.all([2, 3, 4, 5, 6].map((token) => second.completion(token)));
    expect(kinds).toMatchObject([
      { kind: "disk.written" },
      { kind: "disk.scanned" },
      { kind: "disk.written" },
      { kind: "disk.scanned", entries: [{ value: new Uint8Array(Buffer.from("before")) }] },
      { kind: "disk.scanned", entries: [{ value: new Uint8Array(Buffer.from("after")) }] },
    ]);
    expect(await mappedTables()).toBeLessThan(4 * MIB);
    expect(await scan(7)).toBe(BLOCKS);
    // And a port that is released in its middle leaves the folder free.
    second.port.reopen();
    second.port.write(8, [put("c3", "last")], true);
    await second.stop();
    const { process: third } = await open();
    third.port.scan(9, Buffer.from("c3"), Buffer.from("c4"), 1);
    expect(await third.completion(9)).toMatchObject({
      kind: "disk.scanned",
      entries: [{ value: expect.any(Uint8Array) as Uint8Array }],
    });
  },
);

// A hand-made node whose deliveries cross the end of the session: they go back there, and are nobody's here.
import {
  type handleBidiStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { SessionService } from "@disheap/proto";
import { ColumnWriter, decodeSessionIn, encodeSessionOut } from "@disheap/proto/session";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DisheapClient } from "../../src/index.js";

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

let server: Server;
let client: DisheapClient;
let sessions: Call[];
let started: number;
let next: number;

function deliver(call: Call): void {
  const columns =
    "index offset fence attempts maxRetries priority enqueuedMs deadlineMs leaseLeftMs length";
  const wide = ["index", "priority", "enqueuedMs", "deadlineMs"];
  const views = columns.split(" ").map((name) => {
    const column = new ColumnWriter();
    const isLease = name === "deadlineMs" || name === "leaseLeftMs";
    const value = isLease ? (name === "deadlineMs" ? Date.now() : 0) + 60_000 : 1;
    if (wide.includes(name)) column.u64(value);
    else column.u32(value);
    return [name, column.view()] as const;
  });
  const mac = Buffer.alloc(16);
  const run = [{ firstRow: 0, partition: 0, group: 1 }];
  const rows = { consumer: 1, firstDelivery: next, run, mac, payload: Buffer.from(`${next}`) };
  next += 1;
  call.write(encodeSessionOut({ delivered: [{ ...rows, ...Object.fromEntries(views) }] }));
}

beforeEach(async () => {
  sessions = [];
  started = 0;
  next = 1;
  const open: handleBidiStreamingCall<Uint8Array, Uint8Array> = (call) => {
    sessions.push(call);
    call.on("data", (bytes: Uint8Array) => {
      const frame = decodeSessionIn(bytes);
      for (const { count } of frame.started) started += count;
      if (frame.hello !== undefined) {
        const limits = { frameBytesMax: 1e6, messageBytesMax: 1e6, rowsMax: 9, callsMax: 9 };
        const welcome = { level: 1, node: "n1", ...limits, handlesMax: 9, deliveriesMax: 9 };
        call.write(encodeSessionOut({ welcome, enqueueBytesMax: 1e6 }));
      }
      if (frame.credit.length > 0 && next === 1) deliver(call);
      if (!frame.ends) return;
      deliver(call);
      call.end();
    });
  };
  const bytesOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  const asIs = (bytes: Buffer): Buffer => bytes;
  const raw = { requestSerialize: bytesOf, responseSerialize: bytesOf };
  const definition = {
    ...SessionService.open,
    ...raw,
    requestDeserialize: asIs,
    responseDeserialize: asIs,
  };
  server = new Server();
  server.addService({ open: definition }, { open });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  client = new DisheapClient({ endpoints: [`127.0.0.1:${port}`] });
});

afterEach(async () => {
  await client.close();
  server.forceShutdown();
});

it("a consumer that closes hands out none, and gives none back once more", async () => {
  const pop = client.pop("jobs", { prefetch: 2 });
  expect((await pop.next()).value?.text()).toBe("1");
  await pop.close();
  expect((await pop.next()).done).toBe(true);
  expect({ started, next }).toEqual({ started: 1, next: 3 });
});

it("a consumer that has its limit hands out no more, and says that all of it was started", async () => {
  const pop = client.pop("jobs", { limit: 1, prefetch: 5 });
  const texts: (string | undefined)[] = [];
  for await (const message of pop) texts.push(message.text());
  expect(texts).toEqual(["1"]);
  await vi.waitFor(() => expect({ started, next }).toEqual({ started: 1, next: 3 }), 10_000);
  expect(sessions.length).toBe(1);
});

it("a consumer that finishes hands out what came before", async () => {
  const pop = client.pop("jobs", { prefetch: 1 });
  const first = await pop.next();
  pop.finish();
  const texts = [first.value?.text()];
  for await (const message of pop) texts.push(message.text());
  expect(texts).toEqual(["1"]);
});

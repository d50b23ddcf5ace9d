import { Cluster } from "@disheap/harness";
import { DisheapClient } from "@disheap/client";
import { SessionService } from "@disheap/proto";
import * as S from "@disheap/proto/session";
import grpc from "@grpc/grpc-js";
const cluster = await Cluster.start();
const client = new DisheapClient({ endpoints: cluster.endpoints });
await client.createTopic("jobs");
const leader = await cluster.leader();
const node = process.argv[2] === "any" ? cluster.nodes.find((n) => n !== leader) : leader;
const def = { open: { ...SessionService.open, requestSerialize: (b) => Buffer.from(b.buffer, b.byteOffset, b.length), responseDeserialize: (b) => b } };
const Client = grpc.makeGenericClientConstructor(def, "Session");
const c = new Client(node.endpoint, grpc.credentials.createInsecure(), {"grpc-node.flow_control_window": 4<<20});
const call = c.open();
const W = Number(process.argv[3] ?? 256), N = Number(process.argv[4] ?? 30000);
let sent = 0, done = 0, acked = 0, nextCall = 1, batch = 0, toAck = [], errors = 0;
let t0; const lat = []; const sentAt = [];
const payload = new Uint8Array(256).fill(7);
function pump(rows) {
  rows = Math.min(rows, N - sent);
  const f = { };
  if (rows > 0) {
    const p = new S.ColumnWriter(), l = new S.ColumnWriter(), pay = new S.ColumnWriter(rows * 256);
    const now = performance.now();
    for (let i = 0; i < rows; i++) { p.u64(sent + i); l.u32(256); pay.raw(payload); sentAt.push(now); }
    f.enqueue = [{ call: nextCall++, topic: 1, priority: p.view(), length: l.view(), payload: pay.view() }];
    sent += rows;
  }
  if (toAck.length) {
    const d = new S.ColumnWriter(); for (const n of toAck) d.u64(n);
    f.settle = [{ call: nextCall++, kind: 0, delivery: d.view() }];
    f.credit = [{ consumer: 1, count: toAck.length }];
    toAck = [];
  }
  if (f.enqueue || f.settle) call.write(S.encodeSessionIn(f));
}
let free = 0, scheduled = false;
call.on("data", (b) => {
  const m = S.decodeSessionOut(b);
  for (const r of m.enqueued) { done += r.count; free += r.count; }
  for (const r of m.failed) { errors += r.count; console.log(r); }
  for (const r of m.settled) acked += r.count;
  for (const d of m.delivered) { const n = d.length.length / 4; for (let i = 0; i < n; i++) { toAck.push(d.firstDelivery + i); lat.push(performance.now() - sentAt[S.loAt(d.priority, i)]); } }
  if (m.end) console.log("END", m.end);
  if (m.welcome) console.log("welcome", m.welcome);
  if (!scheduled) { scheduled = true; setImmediate(() => { scheduled = false; const n = free; free = 0; pump(n); }); }
  if (acked >= N) finish();
});
call.on("error", (e) => { console.log("error", e.message); });
call.write(S.encodeSessionIn({ hello: { client: "smoke", level: 1 }, topic: [{ handle: 1, topic: "jobs" }], consumer: [{ handle: 1, topic: 1, reportsStarted: false }], credit: [{ consumer: 1, count: 4096 }] }));
t0 = performance.now();
pump(W);
setTimeout(() => { console.log({ sent, done, acked, errors, lat: lat.length }); finish(); }, 60000).unref();
async function finish() {
  const s = (performance.now() - t0) / 1000;
  lat.sort((a, b) => a - b);
  console.log(`${N} in ${s.toFixed(2)} s: ${(acked / s).toFixed(0)}/s e2e, p50 ${lat[lat.length >> 1]?.toFixed(1)} p95 ${lat[Math.floor(lat.length * .95)]?.toFixed(1)}`);
  call.end(); await client.close(); await cluster.close(); process.exit(0);
}

// The HTTP ports: requests too large, too slow, too wrong.

import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { hostAndPort, until } from "@disheap/harness";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import { openTcp, sendTcp } from "../raw-tcp.js";

interface HttpAnswer {
  readonly code: number;
  readonly body: string;
}

function ask(
  address: string,
  options: { method?: string; path: string; body?: string; headers?: Record<string, string> },
): Promise<HttpAnswer> {
  const { method = "GET", path, body, headers = {} } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { ...hostAndPort(address), method, path, headers, timeout: 5_000, agent: false },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          resolve({ code: response.statusCode ?? 0, body: text });
        });
      },
    );
    sent.on("error", reject);
    sent.on("timeout", () => {
      sent.destroy(new Error("no answer within 5 s"));
    });
    sent.end(body);
  });
}

const wrongRequests: HardeningCase = {
  name: "http.wrong-requests",
  does: "unknown paths, wrong methods, bad JSON to /join, odd encodings, on the HTTP port",
  expects: "400, 404, 405 or 501 with a sentence",
  lane: "cluster",
  isQuick: true,
  maxMs: 30_000,
  run: async ({ cluster }) => {
    const { http } = cluster.node(0).addresses;
    const wrong: [Parameters<typeof ask>[1], readonly number[]][] = [
      [{ path: "/nothing" }, [404]],
      [{ path: "/%00%ff" }, [404]],
      [{ path: "/../../etc/passwd" }, [404]],
      [{ path: "/__proto__" }, [404]],
      [{ path: "/constructor" }, [404]],
      [{ path: "/health", method: "DELETE" }, [405]],
      [{ path: "/stats", method: "POST", body: "{}" }, [405]],
      [{ path: "/join" }, [405]],
      [{ path: "/join", method: "POST", body: "{" }, [400, 501]],
      [{ path: "/join", method: "POST", body: '{"node_id":{},"address":[]}' }, [400, 501]],
      [{ path: "/join", method: "POST", body: "\u0000".repeat(100_000) }, [400, 501]],
    ];
    for (const [options, codes] of wrong) {
      const { code, body } = await ask(http, options);
      const what = `${options.method ?? "GET"} ${options.path}`;
      expect(codes.includes(code), `${what}: ${String(code)} ${body}`);
      expect(body.length > 20, `${what}: ${String(code)} without a sentence`);
    }
    return `${String(wrong.length)} refusals`;
  },
};

const hugeHeaders: HardeningCase = {
  name: "http.huge-headers",
  does: "headers of 1 MB, 5,000 headers, a request line of 1 MB, a chunked body with bad chunk sizes",
  expects: "refused and closed at once",
  lane: "cluster",
  isQuick: true,
  maxMs: 30_000,
  run: async ({ cluster }) => {
    const { addresses } = cluster.node(1);
    const many = Array.from({ length: 5_000 }, (_, i) => `x-${String(i)}: ${"y".repeat(20)}`);
    const requests: [string, string][] = [
      ["a header of 1 MB", `GET /health HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(1 << 20)}\r\n\r\n`],
      ["5,000 headers", `GET /health HTTP/1.1\r\nhost: x\r\n${many.join("\r\n")}\r\n\r\n`],
      ["a line of 1 MB", `GET /${"x".repeat(1 << 20)} HTTP/1.1\r\nhost: x\r\n\r\n`],
      [
        "bad chunks",
        "POST /join HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nabc\r\n",
      ],
      [
        "two lengths",
        "POST /join HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde",
      ],
      ["no host", "GET /health HTTP/1.1\r\n\r\n"],
    ];
    for (const door of ["http", "metrics"] as const) {
      for (const [what, text] of requests) {
        const { isClosed, received } = await sendTcp(addresses[door], Buffer.from(text), 8_000);
        const first = received.toString("latin1").split("\r\n", 1)[0] ?? "";
        expect(isClosed, `${door} port: ${what}: the connection stays open (${first})`);
        expect(!first.includes(" 200"), `${door} port: ${what} was accepted: ${first}`);
      }
    }
    return `${String(requests.length * 2)} refusals`;
  },
};

const LORIS = 300;

const slowLoris: HardeningCase = {
  name: "http.slow-loris",
  does: `${String(LORIS)} connections that send a header line now and then and never finish, and a body that never comes`,
  expects: "all closed within 20 s, and /health answers meanwhile",
  lane: "patient",
  maxMs: 60_000,
  run: async (world) => {
    const node = await world.running();
    const before = node.resources();
    let open = 0;
    const sockets = await Promise.all(
      Array.from({ length: LORIS }, async (_, i) => {
        const socket = await openTcp(i % 2 === 0 ? node.addresses.http : node.addresses.metrics);
        open += 1;
        socket.resume();
        socket.on("close", () => {
          open -= 1;
        });
        if (i % 3 === 0)
          socket.write("POST /join HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n");
        else if (i % 3 === 1) socket.write("GET /health HTTP/1.1\r\n");
        return socket;
      }),
    );
    const drip = setInterval(() => {
      for (const [i, socket] of sockets.entries()) if (i % 3 === 1) socket.write("x: y\r\n");
    }, 500);
    try {
      for (let i = 0; i < 5; i += 1) {
        expect(await node.isHealthy(), "/health does not answer beside slow clients");
        await sleep(200);
      }
      await until("the slow connections are closed", 20_000, () => open === 0);
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
    const after = node.resources();
    if (before !== undefined && after !== undefined) {
      expect(after.handles <= before.handles + 5, `handles ${String(after.handles)} stay open`);
    }
    return `${String(LORIS)} connections closed by the node`;
  },
};

export const httpCases: readonly HardeningCase[] = [wrongRequests, hugeHeaders, slowLoris];

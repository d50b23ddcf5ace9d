import { describe, expect, it } from "vitest";
import { parseOptions } from "../../src/supervisor/options.js";
import { bannerText, paintFor } from "../../src/supervisor/text.js";

function accepted(...argv: string[]) {
  const parsed = parseOptions(argv, "/srv/app");
  if (parsed.kind !== "options") throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

describe("ports and folders", () => {
  it("are the documented ones by default", () => {
    const { nodes, cluster, dataDir } = accepted();
    expect(nodes.map(({ ports }) => Object.values(ports))).toEqual([
      [9090, 9091, 8080, 8300],
      [9092, 9093, 8082, 8301],
      [9094, 9095, 8084, 8302],
    ]);
    expect(cluster).toBe("n1=127.0.0.1:8300,n2=127.0.0.1:8301,n3=127.0.0.1:8302");
    expect(dataDir).toBe("/srv/app/data");
    expect(nodes.map((node) => node.dataDir)).toEqual([
      "/srv/app/data/n1",
      "/srv/app/data/n2",
      "/srv/app/data/n3",
    ]);
  });

  it("follow a port base, each base with its own folder", () => {
    const { nodes, dataDir } = accepted("--port-base", "20000");
    expect(nodes.map(({ ports }) => Object.values(ports))).toEqual([
      [20000, 20001, 20100, 20200],
      [20002, 20003, 20102, 20201],
      [20004, 20005, 20104, 20202],
    ]);
    expect(dataDir).toBe("/srv/app/data/ports-20000");
  });

  it("give one node its own folder", () => {
    const { nodes, dataDir } = accepted("--nodes=1");
    expect(nodes).toHaveLength(1);
    expect(dataDir).toBe("/srv/app/data/single");
  });

  it("take the folder that is named", () => {
    expect(accepted("--data", "/big/disk", "--port-base", "20000").dataDir).toBe("/big/disk");
    expect(accepted("--data", "here").dataDir).toBe("/srv/app/here");
  });
});

it.each([
  [["--nodes", "0"], /--nodes="0"/],
  [["--nodes", "many"], /--nodes="many"/],
  [["--port-base", "70000"], /--port-base="70000"/],
  [["--data"], /--data has no value/],
  [["--node", "1"], /--node is unknown/],
  [["1"], /"1" is not a flag/],
])("refuses %j with what to do", (argv, message) => {
  const parsed = parseOptions(argv, "/srv");
  expect(parsed.kind === "problems" && parsed.problems.join("\n")).toMatch(message);
});

describe("the banner", () => {
  const paint = paintFor({ isTTY: false });
  const pids = new Map([["n3", 4242]]);
  it("shows where everything is and two commands", () => {
    const text = bannerText(
      accepted(),
      { leader: "n2", pids, leftOut: [], late: [] },
      "/srv/app",
      paint,
    );
    expect(text).toMatch(/^ {2}n3 .* 4242$/m);
    expect(text).toContain("3 nodes, n2 leads");
    expect(text).toContain("127.0.0.1:9094");
    expect(text).toContain("./data");
    expect(text.match(/^ {2}npx disheap /gm)).toHaveLength(2);
    expect(text).not.toContain("DISHEAP_ENDPOINTS");
  });

  it("says which node is missing, why, and what can be done", () => {
    const options = accepted();
    const [, , node] = options.nodes;
    if (node === undefined) throw new Error("three nodes are the default");
    const leftOut = [{ node, reason: "The chain is broken." }];
    const text = bannerText(options, { leader: "n1", pids, leftOut, late: [] }, "/srv/app", paint);
    expect(text).toContain("2 of 3 nodes, n1 leads");
    expect(text).toContain("n3 does not run: The chain is broken.");
    expect(text).toContain(
      "work as long as 2 nodes run; topics that need a copy on n3 do not work.",
    );
    expect(text).toContain("npm start -- --data DIR");
    expect(text).toContain("data/n3.log");
  });

  it("says which node is late, and why", () => {
    const options = accepted();
    const [, , node] = options.nodes;
    if (node === undefined) throw new Error("three nodes are the default");
    const late = [{ node, isAnswering: false, why: "does not answer" }];
    const text = bannerText(options, { leader: "n1", pids, leftOut: [], late }, "/srv/app", paint);
    expect(text).toContain("2 of 3 nodes, n1 leads");
    expect(text).toContain(
      "n3 is late: its process runs, but it is not ready yet (does not answer).",
    );
    expect(text).toContain("data/n3.log");
  });

  it("names the endpoint when it is not the usual one", () => {
    const text = bannerText(
      accepted("--port-base", "20000"),
      { leader: "n1", pids, leftOut: [], late: [] },
      "/srv/app",
      paint,
    );
    expect(text).toMatch(
      /^ {2}export DISHEAP_ENDPOINTS=127\.0\.0\.1:20000,127\.0\.0\.1:20002,.*\n {2}npx disheap /m,
    );
  });
});

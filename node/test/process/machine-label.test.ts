// D-88: the record of a cluster names the machine of each member, as its operator calls it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeIdentity } from "@disheap/core";
import { Cluster } from "@disheap/harness";
import { expect, it } from "vitest";

it("the formed cluster records the label of the machine", { timeout: 60_000 }, async () => {
  const env = { SINGLE_NODE: "true", INITIAL_CLUSTER: undefined, NODE_MACHINE: "rack-7" };
  const cluster = await Cluster.start({ nodes: 1, env });
  try {
    const file = join(cluster.node("n1").dataFolder, "identity.json");
    const { record } = JSON.parse(readFileSync(file, "utf8")) as { record: string };
    const identity = decodeIdentity(Buffer.from(record, "base64"));
    const named = identity.founding?.founders.map(({ name, machine }) => [name, machine]);
    expect(named).toEqual([["n1", "rack-7"]]);
  } finally {
    await cluster.close();
  }
});

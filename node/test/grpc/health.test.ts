import { Client, credentials, status as Status } from "@grpc/grpc-js";
import { service } from "grpc-health-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ask, type Fixture, startFixture } from "../support/grpc-fixture.js";

let fixture: Fixture;
let raw: Client;
beforeEach(async () => {
  fixture = await startFixture();
  raw = new Client(fixture.address, credentials.createInsecure());
});
afterEach(async () => {
  raw.close();
  await fixture.close();
});

function check(name: string) {
  return ask<{ status: string }>((done) =>
    raw.makeUnaryRequest(
      service.Check.path,
      service.Check.requestSerialize,
      service.Check.responseDeserialize,
      { service: name },
      done as never,
    ),
  );
}

it.each(["", "disheap.v1.Disheap"])("Check of %j follows the node", async (name) => {
  expect(await check(name)).toEqual({ ok: { status: "NOT_SERVING" } });
  fixture.server.setServing(true);
  expect(await check(name)).toEqual({ ok: { status: "SERVING" } });
  fixture.server.setServing(false);
  expect(await check(name)).toEqual({ ok: { status: "NOT_SERVING" } });
});

it("does not know other services", async () => {
  expect(await check("other")).toMatchObject({ code: Status.NOT_FOUND });
});

it("Watch hears each change", async () => {
  const watch = raw.makeServerStreamRequest(
    service.Watch.path,
    service.Watch.requestSerialize,
    service.Watch.responseDeserialize,
    { service: "" },
  );
  const heard: string[] = [];
  watch.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    watch.on("data", (message: { status: string }) => {
      heard.push(message.status);
      if (heard.length === 1) fixture.server.setServing(true);
      if (heard.length === 2) fixture.server.setServing(false);
      if (heard.length === 3) resolve();
    });
  });
  expect(heard).toEqual(["NOT_SERVING", "SERVING", "NOT_SERVING"]);
  watch.cancel();
});

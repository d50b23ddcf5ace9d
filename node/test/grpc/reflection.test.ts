// Both versions of reflection, over real calls: what is listed, and that the files a client receives can
// be linked without any file of its own.
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Client, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fixture, startFixture } from "../support/grpc-fixture.js";

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

/** Field numbers of ServerReflectionRequest and of its answers; equal in v1 and v1alpha. */
const FILE_CONTAINING_SYMBOL = 4;
const LIST_SERVICES = 7;
const FILES_ANSWER = 4;
const SERVICES_ANSWER = 6;
const ERROR_ANSWER = 7;

/** One question on one stream; the fields of the answer by number. */
function ask(version: string, field: number, text: string): Promise<Map<number, Uint8Array>> {
  const request = new BinaryWriter().tag(field, WireType.LengthDelimited).string(text).finish();
  const call = raw.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
  );
  return new Promise((resolve, reject) => {
    call.on("error", reject);
    call.on("data", (bytes: Buffer) => {
      resolve(new Map(chunks(bytes).map(({ number, value }) => [number, value])));
    });
    call.write(Buffer.from(request));
    call.end();
  });
}

function chunks(bytes: Uint8Array): { number: number; value: Uint8Array }[] {
  const reader = new BinaryReader(bytes);
  const found: { number: number; value: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) found.push({ number, value: reader.bytes() });
    else reader.skip(type, number);
  }
  return found;
}

describe.each(["v1", "v1alpha"])("reflection %s", (version) => {
  it("lists the services", async () => {
    const answer = (await ask(version, LIST_SERVICES, "*")).get(SERVICES_ANSWER);
    const names = chunks(answer ?? new Uint8Array()).map(({ value }) =>
      chunks(value).map((name) => new TextDecoder().decode(name.value)),
    );
    const services = [
      "disheap.v1.Admin",
      "disheap.v1.Disheap",
      "disheap.v1.Session",
      "grpc.health.v1.Health",
    ];
    expect(names.flat().sort()).toEqual(services);
  });

  it("gives files that link by themselves", async () => {
    const answer = (await ask(version, FILE_CONTAINING_SYMBOL, "disheap.v1.Disheap")).get(
      FILES_ANSWER,
    );
    const files = chunks(answer ?? new Uint8Array()).map(({ value }) =>
      fromBinary(FileDescriptorProtoSchema, value),
    );
    const byName = new Map(files.map((file) => [file.name, file]));
    const own = byName.get("disheap.proto");
    expect(own).toBeDefined();
    if (own === undefined) return;
    const registry = createFileRegistry(own, (name) => byName.get(name));
    const enqueue = registry.getService("disheap.v1.Disheap")?.method["enqueue"];
    const delay = enqueue?.input.fields.find((field) => field.name === "not_before");
    expect(delay?.message?.typeName).toBe("google.protobuf.Duration");
    expect(delay?.proto.proto3Optional).toBe(true);
  });

  it("answers an unknown symbol with an error and stays usable", async () => {
    expect((await ask(version, FILE_CONTAINING_SYMBOL, "no.such.Thing")).has(ERROR_ANSWER)).toBe(
      true,
    );
    expect((await ask(version, LIST_SERVICES, "*")).has(SERVICES_ANSWER)).toBe(true);
  });
});

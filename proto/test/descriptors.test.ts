// The committed descriptor set belongs to the committed generated code, and a client of reflection
// can link it: right file names, imports included, every method and field number present.
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  AdminService,
  descriptorSetPath,
  DisheapService,
  fileDescriptorProtos,
} from "../src/index.js";

const set = fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSetPath));
const registry = createFileRegistry(set);

describe("descriptor set", () => {
  it("holds the API file and its imports under their real names", () => {
    expect(set.file.map((file) => file.name).sort()).toEqual([
      "disheap.proto",
      "google/protobuf/duration.proto",
      "google/protobuf/empty.proto",
      "google/protobuf/timestamp.proto",
    ]);
    expect(fileDescriptorProtos().length).toBe(set.file.length);
  });

  it.each([
    ["disheap.v1.Disheap", DisheapService],
    ["disheap.v1.Admin", AdminService],
  ] as const)("describes the same methods as the generated service %s", (name, code) => {
    const service = registry.getService(name);
    const described = service?.methods.map((method) => [
      `/${name}/${method.name}`,
      method.methodKind,
    ]);
    const generated = Object.values(code).map((method) => [
      method.path,
      method.requestStream ? "bidi_streaming" : "unary",
    ]);
    expect(described).toEqual(generated);
  });

  it("gives each message of the contract its fields, in order and without gaps", () => {
    const counts: Record<string, number> = {
      MakeHeapReq: 11,
      MakeHeapResp: 2,
      DeleteHeapReq: 3,
      UpdateHeapConfigReq: 7,
      ListHeapsReq: 2,
      ListHeapsResp: 2,
      HeapInfo: 14,
      DLQPolicy: 2,
      HeapStats: 10,
      PartitionStats: 6,
      StatsReq: 2,
      StatsResp: 2,
      PurgeReq: 4,
      MoveToDlqReq: 3,
      EnqueueReq: 9,
      EnqueueResp: 3,
      EnqueueBatchReq: 2,
      EnqueueBatchResp: 3,
      PopOpen: 2,
      FlowControl: 1,
      PopFilter: 3,
      PopItem: 13,
      AckReq: 3,
      NackReq: 5,
      ExtendReq: 3,
      ReleaseReq: 3,
      PeekReq: 4,
      PeekResp: 2,
      PeekItem: 14,
    };
    for (const [name, count] of Object.entries(counts)) {
      const numbers = registry.getMessage(`disheap.v1.${name}`)?.fields.map((f) => f.number);
      expect(numbers, name).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    }
  });
});

// Server reflection, v1 and v1alpha (contract section 15): what grpcurl and its like need to speak to a
// node without the API file. It is fed from the compiler's own descriptor set, so that the file names
// and imports are the real ones and clients can link the well-known types. The library can also take
// what proto-loader makes of a file, but for files with imports that form cannot be linked.

import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { fileDescriptorProtos } from "@disheap/proto";
import { service as healthService } from "grpc-health-check";

export function addReflection(server: Server, options: { readonly hasHealth: boolean }): void {
  // The health file imports nothing; here proto-loader's form is good enough.
  const health = options.hasHealth
    ? (healthService["Check"]?.requestType.fileDescriptorProtos ?? [])
    : [];
  // Of such an entry the library reads the files only.
  const descriptorSet = {
    format: "Protocol Buffer 3 DescriptorProto" as const,
    type: {},
    fileDescriptorProtos: [...fileDescriptorProtos(), ...health],
  };
  new ReflectionService({ descriptorSet }).addToServer(server);
}

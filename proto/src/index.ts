// The public API as code: messages, the typed service and client of `disheap.v1`, and its descriptors.
// Everything in gen/ is written by `npm run gen:proto` from ../disheap.proto.
export * from "./gen/disheap.js";
export { Duration } from "./gen/google/protobuf/duration.js";
export { Empty } from "./gen/google/protobuf/empty.js";
export { Timestamp } from "./gen/google/protobuf/timestamp.js";
export { descriptorSetPath, fileDescriptorProtos } from "./descriptors.js";

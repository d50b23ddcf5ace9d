// The compiled descriptors of the public API with everything it imports, for server reflection.
// They come from the compiler itself, so that the files keep their names and their imports.
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the serialized google.protobuf.FileDescriptorSet lies. */
export const descriptorSetPath = fileURLToPath(new URL("../disheap.binpb", import.meta.url));

/** Each file of the set as a serialized FileDescriptorProto, imports before their users. */
export function fileDescriptorProtos(): Buffer[] {
  const reader = new BinaryReader(readFileSync(descriptorSetPath));
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    // `file` is field 1 of a FileDescriptorSet, and the only one it has.
    if (field === 1 && wireType === WireType.LengthDelimited)
      files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return files;
}

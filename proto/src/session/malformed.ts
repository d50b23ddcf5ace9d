/** Bytes that are no protobuf, or no message of a session. What came before them in the frame counts for nothing. */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
}

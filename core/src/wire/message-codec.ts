// The bytes of each peer message: a byte for its kind, then the rows of its layout.

import type { Reader, Writer } from "../lib/bytes.js";
import { FORMATION_ROWS } from "./formation-news.js";
import { HOST_ROWS } from "./host-rows.js";
import type { PeerMessage } from "./messages.js";
import { NODE_ROWS, RAFT_ROWS } from "./raft-rows.js";
import { RowReader } from "./row-reader.js";
import { RowWriter } from "./row-writer.js";
import { variants } from "./rows.js";

const MESSAGES = variants<PeerMessage, "kind">("message kind", "kind", {
  ...RAFT_ROWS,
  ...NODE_ROWS,
  ...FORMATION_ROWS,
  ...HOST_ROWS,
});

export function writeMessage(w: Writer, message: PeerMessage): void {
  new RowWriter(w).variant(message, MESSAGES);
}

export function readMessage(r: Reader): PeerMessage {
  return new RowReader(r).anyOf(MESSAGES);
}

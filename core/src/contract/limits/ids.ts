// Names, ids and tokens: texts with a form (contract, sections 3 and 7).

import type { TextRule } from "./rule.js";

export const TOPIC: TextRule = {
  kind: "text",
  name: "topic",
  form: /^[a-zA-Z0-9_-]{1,255}$/,
  says: 'it must be 1 to 255 letters, digits, "_" or "-"',
  absent: "refused",
};

/** A ULID in upper or lower case: the first of its 26 characters holds 3 bits. */
export const MESSAGE_ID: TextRule = {
  kind: "text",
  name: "message_id",
  form: /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i,
  says: "it must be the 26-character id that came with the message",
  absent: "refused",
};

/** 8 hex digits and 26 bytes in base64url: of the last character only the high 4 bits are used. */
export const LEASE_TOKEN: TextRule = {
  kind: "text",
  name: "lease_token",
  form: /^[0-9a-f]{8}[A-Za-z0-9_-]{34}[AEIMQUYcgkosw048]$/,
  says: "it must be the 43 characters that came with the delivery",
  absent: "refused",
};

export const PAGE_TOKEN: TextRule = {
  kind: "text",
  name: "page_token",
  form: /^[0-9]{1,15}$/,
  says: "it must be the next_page_token of the page before",
  absent: { means: "the first page" },
};

/** Texts of which only the size of the whole request is bounded. */
export function anyText(name: string, means: string): TextRule {
  return { kind: "text", name, form: /^/, says: "it may be any text", absent: { means } };
}

// The text of a lease token (D-15): 8 lower-case hex digits of the fence, which sort as text, then
// unpadded base64url of group, index, offset and the MAC. 43 characters in all.

import { characterValues } from "../lib/alphabet.js";
import { readPlace, writePlace } from "../lib/ulid.js";
import type { TokenFields } from "../wire/intents.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = characterValues(ALPHABET);
const BODY_BYTES = 26;
const BODY_CHARACTERS = 35;
const FENCE_CHARACTERS = 8;

export interface LeaseToken extends TokenFields {
  readonly group: number;
  readonly mac: Uint8Array;
}

export function encodeLeaseToken(token: LeaseToken): string {
  const body = new Uint8Array(BODY_BYTES);
  writePlace(body, 0, token.group, token.index, token.offset);
  body.set(token.mac, 10);
  let text = token.fence.toString(16).padStart(FENCE_CHARACTERS, "0");
  let buffer = 0;
  let bits = 0;
  for (const byte of body) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += ALPHABET[(buffer >>> bits) & 63];
    }
    buffer &= (1 << bits) - 1;
  }
  return text + ALPHABET[(buffer << (6 - bits)) & 63];
}

/** The token's parts, or undefined when the text is malformed. */
export function decodeLeaseToken(text: string): LeaseToken | undefined {
  if (text.length !== FENCE_CHARACTERS + BODY_CHARACTERS) return undefined;
  const fence = fenceOf(text);
  if (fence < 0) return undefined;
  const body = new Uint8Array(BODY_BYTES);
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (let i = FENCE_CHARACTERS; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const value = code < VALUES.length ? VALUES[code] : -1;
    if (value < 0) return undefined;
    buffer = (buffer << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      body[at++] = (buffer >>> bits) & 255;
      buffer &= (1 << bits) - 1;
    }
  }
  if (buffer !== 0) return undefined;
  const place = readPlace(body, 0);
  return { ...place, fence, mac: body.slice(10) };
}

/** The number that the first eight characters write in lower-case hex; -1 when they write none. */
function fenceOf(text: string): number {
  let fence = 0;
  for (let i = 0; i < FENCE_CHARACTERS; i += 1) {
    const code = text.charCodeAt(i);
    const isDigit = code >= 48 && code <= 57;
    if (!isDigit && !(code >= 97 && code <= 102)) return -1;
    fence = fence * 16 + (isDigit ? code - 48 : code - 87);
  }
  return fence;
}

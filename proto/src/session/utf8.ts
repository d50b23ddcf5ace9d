// UTF-8 without the platform: this door is used where no TextDecoder is.
import { MalformedFrame } from "./malformed.js";

/** How many bytes `text` takes. A lone surrogate counts as U+FFFD, which is what is written for it. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (isPairAt(text, i)) {
      length += 4;
      i += 1;
    } else length += 3;
  }
  return length;
}

/** Writes `text` at `at`; the end of what was written. */
export function writeUtf8(bytes: Uint8Array, at: number, text: string): number {
  let to = at;
  for (let i = 0; i < text.length; i += 1) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[to++] = code;
      continue;
    }
    if (code < 0x800) {
      bytes[to++] = 0xc0 | (code >> 6);
    } else if (isPairAt(text, i)) {
      code = 0x10000 + ((code - 0xd800) << 10) + (text.charCodeAt(i + 1) - 0xdc00);
      i += 1;
      bytes[to++] = 0xf0 | (code >> 18);
      bytes[to++] = 0x80 | ((code >> 12) & 63);
      bytes[to++] = 0x80 | ((code >> 6) & 63);
    } else {
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      bytes[to++] = 0xe0 | (code >> 12);
      bytes[to++] = 0x80 | ((code >> 6) & 63);
    }
    bytes[to++] = 0x80 | (code & 63);
  }
  return to;
}

function isPairAt(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  if (code < 0xd800 || code > 0xdbff) return false;
  const next = text.charCodeAt(i + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}

/** The least code point that needs so many bytes after its first. */
const LEAST = [0, 0x80, 0x800, 0x10000];

/** RFC 3629: overlong forms, surrogates and stray bytes are malformed. */
export function readUtf8(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  let at = from;
  while (at < to) {
    const lead = bytes[at++] as number;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const extra = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (extra === 0 || at + extra > to) throw new MalformedFrame("a text is not UTF-8");
    let code = lead & (0x3f >> extra);
    for (let k = 0; k < extra; k += 1) {
      const next = bytes[at++] as number;
      if ((next & 0xc0) !== 0x80) throw new MalformedFrame("a text is not UTF-8");
      code = (code << 6) | (next & 63);
    }
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < (LEAST[extra] as number) || code > 0x10ffff || isSurrogate) {
      throw new MalformedFrame("a text is not UTF-8");
    }
    text += String.fromCodePoint(code);
  }
  return text;
}

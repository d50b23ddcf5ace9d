// EDN, the notation Jepsen writes histories in: reading all forms of a text, and writing one.
import type { EdnValue } from "../value/edn-value.js";
import { EdnReader } from "./edn-reader.js";

export * from "../value/edn-value.js";
export { EdnIncomplete, EdnSyntaxError } from "./edn-error.js";
export { formatEdn } from "./edn-format.js";

/** Parses all forms in the text. Throws `EdnIncomplete` or `EdnSyntaxError`. */
export function parseEdn(text: string): EdnValue[] {
  const reader = new EdnReader(text);
  const forms: EdnValue[] = [];
  while (!reader.atEnd()) forms.push(reader.item().value);
  return forms;
}

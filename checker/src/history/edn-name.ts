// Which tokens are symbols and keywords.

const FIRST = String.raw`(?:[\p{L}*!_?$%&=<>]|[-+.](?!\d))`;
const REST = String.raw`[\p{L}\p{M}\p{N}.*+!\-_?$%&=<>:#']*`;
const SYMBOL = new RegExp(`^(?:/|${FIRST}${REST}(?:/${FIRST}${REST})?)$`, "u");
/** As Clojure does, a keyword may begin with a digit. */
const KEYWORD_FIRST = String.raw`[\p{L}\p{N}.*+!\-_?$%&=<>]`;
const KEYWORD = new RegExp(`^${KEYWORD_FIRST}${REST}(?:/${KEYWORD_FIRST}${REST})?$`, "u");
const TAG = new RegExp(String.raw`^\p{L}${REST}(?:/${FIRST}${REST})?$`, "u");
const SPACE = new RegExp(`^${FIRST}${REST}$`, "u");

export const isSymbolName = (text: string): boolean => SYMBOL.test(text);
/** `text` is without the colon. */
export const isKeywordName = (text: string): boolean => KEYWORD.test(text);
/** Tags begin with a letter. */
export const isTagName = (text: string): boolean => TAG.test(text);
/** The part before the slash, which a map can share among its keys. */
export const isNamespace = (text: string): boolean => SPACE.test(text);

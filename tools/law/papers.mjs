// The sections of the two texts on Raft that are cited by number. They are not in this repository, so their numbers
// are listed here: a citation of a section that neither has is a slip.

/** The range first.1 to first.last. */
const under = (first, last) => Array.from({ length: last }, (_, at) => `${first}.${at + 1}`);
const chapters = (last) => Array.from({ length: last }, (_, at) => String(at + 1));

/** Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, extended version. */
export const PAPER = new Set([
  ...chapters(11),
  ...under("5", 6),
  ...under("5.4", 3),
  ...under("9", 3),
]);

/** Ongaro, Consensus: Bridging Theory and Practice. */
export const DISSERTATION = new Set([
  ...chapters(12),
  ...under("2", 3),
  ...under("3", 11),
  ...under("3.6", 3),
  ...under("4", 5),
  ...under("4.2", 4),
  ...under("5", 5),
  ...under("5.1", 3),
  ...under("5.3", 3),
  ...under("5.4", 2),
  ...under("6", 5),
  ...under("6.4", 1),
  ...under("8", 4),
  ...under("9", 7),
  ...under("10", 3),
  ...under("10.2", 3),
]);

const SAYS_DISSERTATION = /dissertation|Ongaro's/i;
const SAYS_PAPER = /\bpaper\b/i;

/**
 * Whether the text that is named around a number has a section of that number. Where it says only "Raft", or names
 * both, either will do; where it names neither: undefined.
 * @param {string} number "5.4.2"
 * @param {string} around what stands before and after the number
 * @returns {boolean | undefined}
 */
export function isSection(number, around) {
  const saysDissertation = SAYS_DISSERTATION.test(around);
  const saysPaper = SAYS_PAPER.test(around);
  if (!saysDissertation && !saysPaper && !/\bRaft\b/.test(around)) return undefined;
  const inPaper = (saysPaper || !saysDissertation) && PAPER.has(number);
  const inDissertation = (saysDissertation || !saysPaper) && DISSERTATION.has(number);
  return inPaper || inDissertation;
}

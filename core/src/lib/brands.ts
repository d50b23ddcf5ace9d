// Numbers that say what they count, for signatures in which two of them stand side by side: one brand is never taken
// for another, so that (index, term) for (term, index) does not compile. For the compiler only; at run time each is
// the number it is.
//
// A plain number is taken for any of them, and none of them for less than a number: so decoders, columns, sums and
// literals need no casts, and a swap of two plain numbers goes unseen. What a signature takes should therefore come
// from fields and results that have their brands, and a function that computes one says so in its result.

declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]?: Name };

/** Of a group's Raft: 32 bits, 0 before the first election. */
export type Term = Branded<"term">;
/** Place of an entry in its group's log, from 1; 0 stands before the first. */
export type LogIndex = Branded<"log index">;
/** Which of an entry's messages: with the entry's index it names a message (D-12). */
export type Offset = Branded<"offset">;
/** Counts the grants of a message: which of its leases is meant (D-13). */
export type Fence = Branded<"fence">;
/** Row of a message in its partition's store; -1 for none. It is used again when the message is gone. */
export type Slot = Branded<"slot">;
/** Number of a member of the cluster (D-87), from 1; 0 for none. */
export type Member = Branded<"member">;

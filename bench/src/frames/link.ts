// The two ends of the link that `frames` measures.

export const PEER = 2;
/** Nobody here has an identity to show. */
export const NO_CARD = new Uint8Array(0);

export function linkMembers(
  bench: string,
  peer: string,
): readonly { readonly name: string; readonly address: string }[] {
  return [
    { name: "bench", address: bench },
    { name: "peer", address: peer },
  ];
}

// What a case, or what it stands on, insists on.

export function expect(holds: boolean, complaint: string): asserts holds {
  if (!holds) throw new Error(complaint);
}

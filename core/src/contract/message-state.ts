// Where a message can stand. The numbers are on peers' wires and in state hashes: never change one.

export const MessageState = { ready: 1, delayed: 2, leased: 3, dead: 4 } as const;

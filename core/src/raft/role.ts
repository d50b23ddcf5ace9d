/** What a replica is in its group. */
export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

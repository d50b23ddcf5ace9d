// Gives a delivery back that was not printed: it costs no attempt, where the cluster knows how to take one back.
import { type DisheapClient, DisheapError, type Message } from "@disheap/client";

/** Best effort: what cannot be given back comes again when its lease ends. */
export async function giveBack(client: DisheapClient, message: Message): Promise<void> {
  try {
    await client.release(message.topic, message.id, message.leaseToken);
  } catch (error) {
    if (!(error instanceof DisheapError && error.code === "UNIMPLEMENTED")) return;
    await message.nack({ backoffMs: 0 }).catch(() => undefined);
  }
}

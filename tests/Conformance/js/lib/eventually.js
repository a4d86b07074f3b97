import { setTimeout as delay } from "node:timers/promises";

const interval = 20;

/** Asks until the answer is truthy and returns it; after the deadline (ms) it throws with the last one. */
export async function eventually(read, deadline = 60_000) {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await read();
    if (value) {
      return value;
    }

    if (Date.now() > end) {
      throw new Error(`did not come true within ${deadline} ms; the last answer was ${JSON.stringify(value)}`);
    }

    await delay(interval);
  }
}

/**
 * Lets what concerns one key go one after the other. Only a help: writers of one account would otherwise lose swaps to each other. Other
 * replicas are not in the queue, and need not be.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    // How the one before ended is its caller's affair.
    const mine = before.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) {
        this.#last.delete(key);
      }
    }
  }

  /** Keys somebody is at or waits for. */
  get size(): number {
    return this.#last.size;
  }
}

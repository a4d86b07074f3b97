import { setTimeout as delay } from "node:timers/promises";
import { DependencyUnavailable } from "../faults.js";
import {
  type Account, count, credit, empty, type Entry, firstOf, has, isFull, oldestPage, type Page, pageSize, withoutOldestPage,
} from "./account.js";
import type { Documents } from "./documents.js";
import { Turns } from "./turns.js";

/** Below the broker's patience and the sidecar's retries, so that an answer is always given. */
const patience = 5_000;

/**
 * Accounts under `points/{user}`, full pages under `points/{user}/{page}`, and for each order on a full page a mark under
 * `points/{user}/orders/{order}`. An account never outgrows its bound, and an order is known for ever: while it is young it stands in
 * the account, later its mark does.
 *
 * No state transaction holds this together: on Redis, daprd applies the rest of one whose etag did not match. One swap decides, and what
 * else there is to write is written before the swap that lets go of it.
 */
export class AccountStore {
  readonly #documents: Documents;
  readonly #turns = new Turns();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /**
   * Adds the entry unless its order is known: a repeated event has no second effect.
   * @returns whether it was added by this call
   * @throws {DependencyUnavailable} it may or may not be added; asking again is harmless
   */
  add(userId: string, entry: Entry): Promise<boolean> {
    return this.#turns.take(userId, () => this.#add(userId, entry));
  }

  async read(userId: string): Promise<Account> {
    const { document } = await this.#documents.read<Account>(accountKey(userId));
    return document ?? empty;
  }

  /**
   * Entries with numbers below `before`, newest first, at most `limit`.
   * @returns the entries, and the number of the last one
   */
  async entries(userId: string, account: Account, before: number, limit: number): Promise<{ entries: Entry[]; last: number }> {
    const entries: Entry[] = [];
    let page: Page | undefined;
    let pageNumber = -1;
    let number = Math.min(before, count(account));
    while (number > 0 && entries.length < limit) {
      number--;
      if (number < firstOf(account) && Math.floor(number / pageSize) !== pageNumber) {
        pageNumber = Math.floor(number / pageSize);
        ({ document: page } = await this.#documents.read<Page>(pageKey(userId, pageNumber)));
      }

      const entry = number < firstOf(account) ? page?.entries[number % pageSize] : account.entries[number - firstOf(account)];
      if (entry === undefined) {
        // A page is written before the account counts it.
        throw new DependencyUnavailable(`page ${pageNumber} of an account could not be read`);
      }

      entries.push(entry);
    }

    return { entries, last: number };
  }

  async #add(userId: string, entry: Entry): Promise<boolean> {
    const end = Date.now() + patience;
    let tried = false;
    for (let round = 0; ; round++) {
      const { document, etag } = await this.#documents.read<Account>(accountKey(userId));
      const account = document ?? empty;
      if (has(account, entry.orderId)) {
        // After a swap of our own it is ours, or another delivery's of the same order: the effect is the same, once.
        return tried;
      }

      // Read after the account: whoever took the order off the account before that read had written its mark before.
      if (account.pages > 0 && (await this.#documents.read(markKey(userId, entry.orderId))).document !== undefined) {
        return tried;
      }

      if (isFull(account)) {
        await this.#spill(userId, account, etag);
      } else {
        tried = true;
        if (await this.#documents.swap(accountKey(userId), credit(account, entry), etag)) {
          return true;
        }
      }

      if (Date.now() > end) {
        throw new DependencyUnavailable("what became of a swap stayed unknown");
      }

      // Writers of other replicas spread out.
      await delay(Math.random() * Math.min(2 ** round, 50));
    }
  }

  // Page and marks first, then the account forgets the entries. Whoever races writes the same, and only one swap drops the page.
  async #spill(userId: string, account: Account, etag: string | undefined): Promise<void> {
    const page = oldestPage(account);
    const documents = new Map<string, unknown>([[pageKey(userId, account.pages), page]]);
    for (const { orderId } of page.entries) {
      documents.set(markKey(userId, orderId), { page: account.pages });
    }

    await this.#documents.writeOnce(documents);
    await this.#documents.swap(accountKey(userId), withoutOldestPage(account), etag);
  }
}

function accountKey(userId: string): string {
  return `points/${userId}`;
}

function pageKey(userId: string, page: number): string {
  return `points/${userId}/${page}`;
}

function markKey(userId: string, orderId: string): string {
  return `points/${userId}/orders/${orderId}`;
}

/** Integer minor units and an ISO 4217 code. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** What one confirmed order was worth. */
export interface Entry {
  readonly orderId: string;
  readonly points: number;
  readonly total: Money;
  readonly at: string;
}

/**
 * A customer's points (rule R2 of docs/decisions/0002-commit-rules.md): the balance, the newest entries, oldest first, and how many full
 * pages came before them. Balance and entry change in one swap, so an order that is among the entries is in the balance, and no other is.
 * Page p holds the entries numbered from p * pageSize on.
 */
export interface Account {
  readonly balance: number;
  readonly pages: number;
  readonly entries: readonly Entry[];
}

/** A full page (R1). */
export interface Page {
  readonly entries: readonly Entry[];
}

export const pageSize = 50;
export const mostEntries = 100;

export const empty: Account = { balance: 0, pages: 0, entries: [] };

/** One point for each full unit of the currency, that is 100 minor units; the rest of a unit is worth nothing. */
export function pointsFor(total: Money): number {
  return Math.floor(total.amount / 100);
}

export function has(account: Account, orderId: string): boolean {
  return account.entries.some((entry) => entry.orderId === orderId);
}

export function isFull(account: Account): boolean {
  return account.entries.length >= mostEntries;
}

/** How many entries there ever were; the number the next one gets. */
export function count(account: Account): number {
  return firstOf(account) + account.entries.length;
}

/** The number of the oldest entry that is still in the account itself. */
export function firstOf(account: Account): number {
  return account.pages * pageSize;
}

/** @throws {RangeError} when the balance would no longer be exact */
export function credit(account: Account, entry: Entry): Account {
  const balance = account.balance + entry.points;
  if (!Number.isSafeInteger(balance)) {
    throw new RangeError(`a balance of ${balance} is no exact number`);
  }

  return { ...account, balance, entries: [...account.entries, entry] };
}

/** What goes to the next page: the same for every writer that sees this many pages, since entries are only appended. */
export function oldestPage(account: Account): Page {
  return { entries: account.entries.slice(0, pageSize) };
}

/** The account once that page and its marks are written. */
export function withoutOldestPage(account: Account): Account {
  return { ...account, pages: account.pages + 1, entries: account.entries.slice(pageSize) };
}

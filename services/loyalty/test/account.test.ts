import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { count, credit, empty, type Entry, firstOf, has, isFull, mostEntries, oldestPage, pageSize, pointsFor, withoutOldestPage } from "../src/accounts/account.js";

function entry(number: number, points = 1): Entry {
  return { orderId: `order-${number}`, points, total: { amount: points * 100, currency: "CNY" }, at: "2026-01-02T03:04:05.000Z" };
}

describe("an account", () => {
  for (const [amount, points] of [[0, 0], [99, 0], [100, 1], [199, 1], [129_900, 1299], [Number.MAX_SAFE_INTEGER, 90_071_992_547_409]] as const) {
    test(`${amount} minor units are worth ${points} points`, () => {
      assert.equal(pointsFor({ amount, currency: "CNY" }), points);
    });
  }

  test("a credit adds the points and the entry together", () => {
    const account = credit(credit(empty, entry(1, 5)), entry(2, 7));

    assert.equal(account.balance, 12);
    assert.deepEqual(account.entries.map((known) => known.orderId), ["order-1", "order-2"]);
    assert.equal(has(account, "order-2"), true);
    assert.equal(has(account, "order-3"), false);
    assert.deepEqual(empty, { balance: 0, pages: 0, entries: [] });
  });

  test("a balance that could not be exact is refused", () => {
    assert.throws(() => credit({ ...empty, balance: Number.MAX_SAFE_INTEGER }, entry(1)), RangeError);
  });

  test("the oldest page leaves and the numbers stay", () => {
    let account = empty;
    while (!isFull(account)) {
      account = credit(account, entry(account.entries.length));
    }

    const page = oldestPage(account);
    const rest = withoutOldestPage(account);

    assert.deepEqual([page.entries.length, page.entries[0]?.orderId, page.entries.at(-1)?.orderId], [pageSize, "order-0", "order-49"]);
    assert.deepEqual([rest.balance, rest.pages, firstOf(rest), count(rest), rest.entries[0]?.orderId], [mostEntries, 1, 50, 100, "order-50"]);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readOrderConfirmed } from "../src/events/orderConfirmed.js";

const data = {
  eventId: "o-1:confirmed", orderId: "o-1", userId: "shopper-1", total: { amount: 129_950, currency: "CNY" }, at: "2026-01-02T03:04:05+01:00", version: 4,
};

describe("an order confirmed", () => {
  test("what the order service publishes is a credit", () => {
    assert.deepEqual(readOrderConfirmed({ specversion: "1.0", type: "com.daprshop.order.confirmed.v1", data }), {
      userId: "shopper-1",
      entry: { orderId: "o-1", points: 1299, total: { amount: 129_950, currency: "CNY" }, at: "2026-01-02T02:04:05.000Z" },
    });
  });

  test("members of a later version change nothing", () => {
    assert.deepEqual(readOrderConfirmed({ data: { ...data, channel: "web", total: { ...data.total, tax: 5 } } }), readOrderConfirmed({ data }));
  });

  for (const event of [undefined, null, "text", [], 5, {}, { data: "text" }, { data: [data] }, { data: null }]) {
    test(`${JSON.stringify(event)} has no data`, () => {
      assert.equal(readOrderConfirmed(event), "data");
    });
  }

  const bad: readonly [string, Record<string, unknown>][] = [
    ["orderId", { orderId: undefined }],
    ["orderId", { orderId: "" }],
    ["orderId", { orderId: 5 }],
    ["orderId", { orderId: "a/b" }],
    ["orderId", { orderId: "a||b" }],
    ["orderId", { orderId: "x".repeat(65) }],
    ["userId", { userId: undefined }],
    ["userId", { userId: "" }],
    ["userId", { userId: "../shopper-2" }],
    ["userId", { userId: "shopper-1/0" }],
    ["userId", { userId: "shopper-1||x" }],
    ["userId", { userId: "shopper-1\n" }],
    ["userId", { userId: "x".repeat(129) }],
    ["total", { total: undefined }],
    ["total", { total: 100 }],
    ["total.amount", { total: { currency: "CNY" } }],
    ["total.amount", { total: { amount: "100", currency: "CNY" } }],
    ["total.amount", { total: { amount: -1, currency: "CNY" } }],
    ["total.amount", { total: { amount: 1.5, currency: "CNY" } }],
    ["total.amount", { total: { amount: 2 ** 53, currency: "CNY" } }],
    ["total.amount", { total: { amount: Number.NaN, currency: "CNY" } }],
    ["total.currency", { total: { amount: 100 } }],
    ["total.currency", { total: { amount: 100, currency: "yuan" } }],
    ["at", { at: undefined }],
    ["at", { at: "yesterday" }],
    ["at", { at: 5 }],
  ];
  for (const [member, change] of bad) {
    test(`${JSON.stringify(change)} is no good ${member}`, () => {
      assert.equal(readOrderConfirmed({ data: { ...data, ...change } }), member);
    });
  }
});

import { type Entry, pointsFor } from "../accounts/account.js";
import { isOrderId, isUserId } from "../ids.js";

/** What is credited to whom. */
export interface Credit {
  readonly userId: string;
  readonly entry: Entry;
}

/**
 * Reads a CloudEvent `com.daprshop.order.confirmed.v1`. Members it does not know are left alone: a later version may add some.
 * @returns the credit, or the name of the first member that is no good
 */
export function readOrderConfirmed(event: unknown): Credit | string {
  if (!isObject(event) || !isObject(event["data"])) {
    return "data";
  }

  const { orderId, userId, total, at } = event["data"];
  if (!isOrderId(orderId)) {
    return "orderId";
  }

  if (!isUserId(userId)) {
    return "userId";
  }

  if (!isObject(total)) {
    return "total";
  }

  const { amount, currency } = total;
  if (typeof amount !== "number" || !Number.isSafeInteger(amount) || amount < 0) {
    return "total.amount";
  }

  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) {
    return "total.currency";
  }

  const time = typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(time)) {
    return "at";
  }

  const money = { amount, currency };
  return { userId, entry: { orderId, points: pointsFor(money), total: money, at: new Date(time).toISOString() } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

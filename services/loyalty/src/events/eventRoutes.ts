import { DaprPubSubStatusEnum } from "@dapr/dapr";
import type { Express, Request, Response } from "express";
import type { AccountStore } from "../accounts/accountStore.js";
import { DependencyUnavailable } from "../faults.js";
import { logOf } from "../http/requestLog.js";
import { readOrderConfirmed } from "./orderConfirmed.js";

export const eventPaths = "/events/";

/** The routes that components/<set>/subscriptions.yaml delivers to. */
export function mapEvents(app: Express, accounts: AccountStore): void {
  app.post("/events/orders-confirmed", (request, response, next) => {
    confirmed(request, response, accounts).catch(next);
  });
  // What the topic carries for others, and types of a later version: worth no points.
  app.post("/events/unhandled", (_, response) => {
    answer(response, DaprPubSubStatusEnum.SUCCESS);
  });
}

/** Always 200: the body says what is to become of the message. */
export function answer(response: Response, status: DaprPubSubStatusEnum): void {
  response.status(200).json({ status });
}

async function confirmed(request: Request, response: Response, accounts: AccountStore): Promise<void> {
  const log = logOf(response);
  const credit = readOrderConfirmed(request.body);
  if (typeof credit === "string") {
    // On purpose: no retry makes a malformed event good. It goes to the dead-letter topic.
    log.warn("Dropped a message that is no OrderConfirmed: {Member}", { Member: credit });
    answer(response, DaprPubSubStatusEnum.DROP);
    return;
  }

  try {
    const added = await accounts.add(credit.userId, credit.entry);
    log.info("{Points} points for order {OrderId}: {Outcome}", {
      Points: credit.entry.points, OrderId: credit.entry.orderId, Outcome: added ? "credited" : "known already",
    });
    answer(response, DaprPubSubStatusEnum.SUCCESS);
  } catch (fault) {
    if (!(fault instanceof DependencyUnavailable)) {
      throw fault;
    }

    log.warn("Order {OrderId} is to be delivered again: {Reason}", { OrderId: credit.entry.orderId, Reason: fault.message });
    answer(response, DaprPubSubStatusEnum.RETRY);
  }
}

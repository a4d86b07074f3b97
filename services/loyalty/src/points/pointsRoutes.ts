import type { Express, Request, Response } from "express";
import type { AccountStore } from "../accounts/accountStore.js";
import { problems, refuse } from "../http/problems.js";
import { isUserId } from "../ids.js";
import { encodeCursor, isPage, readPage } from "./paging.js";

/** `GET /api/v1/points?limit=&cursor=`: the caller's balance and what it came from, newest first. */
export function mapPoints(app: Express, accounts: AccountStore): void {
  app.get("/api/v1/points", (request, response, next) => {
    points(request, response, accounts).catch(next);
  });
}

async function points(request: Request, response: Response, accounts: AccountStore): Promise<void> {
  // Whose points is said by the gateway, in a header, and never by the client, in path or query.
  const userId = request.get("shop-user");
  if (!userId) {
    refuse(response, problems.unauthenticated("Sign in first: the request names no user."));
    return;
  }

  if (!isUserId(userId)) {
    refuse(response, problems.validation({ "shop-user": ["is not a user id"] }));
    return;
  }

  const page = readPage(request.query);
  if (!isPage(page)) {
    refuse(response, problems.validation(page));
    return;
  }

  const account = await accounts.read(userId);
  const { entries, last } = await accounts.entries(userId, account, page.before, page.limit);
  response.json({ balance: account.balance, entries, nextCursor: last > 0 ? encodeCursor(last) : null });
}

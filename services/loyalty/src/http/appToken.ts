import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import type { Log } from "../logs.js";
import { problems, refuse } from "./problems.js";

const open = ["/health", "/healthz", "/alive"];

/**
 * Lets in only callers that hold the run's app token, which the sidecar adds to every call. It is what makes the `shop-user` header
 * believable: nobody but the gateway, through the sidecars, can send one that counts. Probes carry no token.
 */
export function appToken(token: string | undefined, log: Log): RequestHandler {
  if (token === undefined) {
    log.warn("APP_API_TOKEN is not set: any local process may call this service as any user");
    return (_request, _response, next) => next();
  }

  const expected = digest(token);
  return (request, response, next) => {
    if (open.includes(request.path) || timingSafeEqual(digest(request.get("dapr-api-token") ?? ""), expected)) {
      next();
    } else {
      refuse(response, problems.unauthenticated("This service answers its sidecar only: the app token is missing or wrong."));
    }
  };
}

// Of one length, whatever was sent: the comparison asks for that.
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

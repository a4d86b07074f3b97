import { randomBytes } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";
import type { Log } from "../logs.js";

const traceIds = new WeakMap<Request, string>();

/** The trace that the sidecar's traceparent header (W3C) names; a trace of its own where there is none. */
export function traceIdOf(request: Request): string {
  let id = traceIds.get(request);
  if (id === undefined) {
    id = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(request.get("traceparent") ?? "")?.[1] ?? randomBytes(16).toString("hex");
    traceIds.set(request, id);
  }

  return id;
}

/** The log of this request's trace. */
export function logOf(response: Response): Log {
  return response.locals["log"] as Log;
}

/** One line per request, but for probes and the sidecar's questions at start; the trace id on every answer. */
export function requestLog(log: Log): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const traceId = traceIdOf(request);
    response.locals["log"] = log.within(traceId);
    response.set("X-Trace-Id", traceId);
    if (!isProbe(request.path)) {
      response.on("finish", () => {
        logOf(response).info("{Method} {Route} answered {StatusCode} in {ElapsedMs} ms", {
          Method: request.method,
          // What matched no route is a stranger's text and stays out.
          Route: (request.route as { path: string } | undefined)?.path ?? "none",
          StatusCode: response.statusCode,
          ElapsedMs: Math.round((performance.now() - started) * 10) / 10,
        });
      });
    }

    next();
  };
}

export function isProbe(path: string): boolean {
  return path === "/health" || path === "/healthz" || path === "/alive" || path.startsWith("/dapr/");
}

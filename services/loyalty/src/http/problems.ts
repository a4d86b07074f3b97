import type { Response } from "express";
import { traceIdOf } from "./requestLog.js";

/** Problems of the public API that this service answers; the words are for the caller, so nothing internal goes in. */
export const problems = {
  validation: (errors: Readonly<Record<string, readonly string[]>>): Problem =>
    ({ name: "validation", title: "The request is not valid", status: 400, detail: "See errors for what to correct.", errors }),
  unauthenticated: (detail: string): Problem => ({ name: "unauthenticated", title: "Sign in first", status: 401, detail }),
  notFound: (): Problem => ({ name: "not-found", title: "Not found", status: 404, detail: "There is no such resource." }),
  unavailable: (): Problem =>
    ({ name: "dependency-unavailable", title: "A dependency does not answer", status: 503, detail: "Something this request needs does not answer. Repeat it." }),
  internal: (): Problem =>
    ({ name: "internal", title: "Something went wrong on our side", status: 500, detail: "The fault is recorded under the trace id." }),
};

export interface Problem {
  readonly name: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: Readonly<Record<string, readonly string[]>>;
}

export function refuse(response: Response, { name, title, status, detail, errors }: Problem): void {
  if (status === 503) {
    // A client that is told to come back must be told when.
    response.set("Retry-After", "1");
  } else if (status === 401) {
    response.set("WWW-Authenticate", "Bearer");
  }

  // As bytes: of a text Express would add a charset to the type, and JSON has none.
  response.status(status).type("application/problem+json").send(Buffer.from(JSON.stringify({
    type: `urn:daprshop:problem:${name}`, title, status, detail, instance: response.req.path, errors, traceId: traceIdOf(response.req),
  })));
}

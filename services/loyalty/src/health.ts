import type { Express, Response } from "express";
import type { Documents } from "./accounts/documents.js";
import { DependencyUnavailable } from "./faults.js";

const healthy = "Healthy";
const unhealthy = "Unhealthy";

/** `GET /alive` and `/healthz`: 200 while the process serves. `GET /health`: 200 or 503 with every check. */
export function mapHealth(app: Express, documents: Documents): void {
  app.get(["/alive", "/healthz"], (_, response) => {
    response.json({ status: healthy });
  });
  app.get("/health", (_, response, next) => {
    ready(response, documents).catch(next);
  });
}

// Reads a key that never exists: the round trip through the sidecar to the store is what is asked for.
async function ready(response: Response, documents: Documents): Promise<void> {
  try {
    await documents.read("health-probe");
    response.json({ status: healthy, checks: { statestore: { status: healthy } } });
  } catch (fault) {
    if (!(fault instanceof DependencyUnavailable)) {
      throw fault;
    }

    response.status(503).json({ status: unhealthy, checks: { statestore: { status: unhealthy, description: "The state store does not answer." } } });
  }
}

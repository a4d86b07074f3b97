import { createServer } from "node:http";
import { CommunicationProtocolEnum, DaprPubSubStatusEnum, DaprServer, LogLevel } from "@dapr/dapr";
import express, { type ErrorRequestHandler, type Express } from "express";
import { AccountStore } from "./accounts/accountStore.js";
import { DaprDocuments } from "./accounts/documents.js";
import { answer, eventPaths, mapEvents } from "./events/eventRoutes.js";
import { DependencyUnavailable, reasonOf } from "./faults.js";
import { mapHealth } from "./health.js";
import { appToken } from "./http/appToken.js";
import { problems, refuse } from "./http/problems.js";
import { isProbe, logOf, requestLog } from "./http/requestLog.js";
import { type Log, sdkLogger } from "./logs.js";
import { mapPoints } from "./points/pointsRoutes.js";
import type { Settings } from "./settings.js";

/** Longer than sidecars keep a connection they do not use, so that none is closed just as a request is sent on it. */
const keepAliveTimeout = 120_000;

/** The service on the SDK's server, so that tests run exactly what main runs. */
export function createService(settings: Settings, log: Log): DaprServer {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // "a[b]=c" is a name like any other.
  app.set("query parser", "simple");
  app.use(requestLog(log));
  app.use(appToken(settings.appToken, log));
  listenOn(app, settings.address);

  const logger = { level: LogLevel.Warn, service: sdkLogger(log) };
  // It adds the readers of bodies, so it comes before the routes.
  const server = new DaprServer({
    serverHost: settings.address,
    serverPort: String(settings.port),
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    serverHttp: app,
    clientOptions: {
      daprHost: "127.0.0.1",
      daprPort: String(settings.sidecarPort),
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      ...(settings.sidecarToken === undefined ? {} : { daprApiToken: settings.sidecarToken }),
      logger,
    },
    logger,
  });

  const documents = new DaprDocuments(server.client);
  const accounts = new AccountStore(documents);
  mapHealth(app, documents);
  // Its subscription is declared in components/<set>/subscriptions.yaml.
  mapEvents(app, accounts);
  mapPoints(app, accounts);
  app.use((request, response, next) => {
    // The SDK adds its answers to the sidecar's questions when it starts, that is after this.
    if (isProbe(request.path)) {
      next();
    } else {
      refuse(response, problems.notFound());
    }
  });
  app.use(fault);
  return server;
}

// The SDK gives its server a port and no address, and would be reachable from everywhere.
function listenOn(app: Express, address: string): void {
  app.listen = ((port: number) => createServer({ keepAliveTimeout }, app).listen(port, address)) as Express["listen"];
}

/** The one place that words what was thrown. */
const fault: ErrorRequestHandler = (thrown: unknown, request, response, next) => {
  const log = logOf(response);
  if (response.headersSent) {
    next(thrown);
  } else if (isUnreadable(thrown)) {
    log.warn("A body could not be read: {Reason}", { Reason: reasonOf(thrown) });
    if (request.path.startsWith(eventPaths)) {
      answer(response, DaprPubSubStatusEnum.DROP);
    } else {
      refuse(response, problems.validation({ $: ["could not be read"] }));
    }
  } else if (thrown instanceof DependencyUnavailable) {
    log.warn("A dependency does not answer: {Reason}", { Reason: thrown.message });
    refuse(response, problems.unavailable());
  } else {
    log.error("A request failed unexpectedly: {Reason}", { Reason: thrown instanceof Error ? thrown.stack : String(thrown) });
    refuse(response, problems.internal());
  }
};

// The body readers throw errors that carry the status to answer.
function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof Error && "status" in thrown && typeof thrown.status === "number" && thrown.status >= 400 && thrown.status < 500;
}

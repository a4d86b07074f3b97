import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CommunicationProtocolEnum, DaprServer } from "@dapr/dapr";
import { eventually } from "../lib/eventually.js";
import { component, freePort, Sidecar } from "../lib/sidecar.js";

describe("an input binding of the official SDK's server", () => {
  let calls = 0;
  let server;
  let sidecar;

  before(async () => {
    const appPort = await freePort();
    sidecar = await Sidecar.start({ appPort }, {
      "tick.yaml": component("tick", "bindings.cron", { schedule: "@every 1s", direction: "input" }),
      "other.yaml": component("other", "bindings.cron", { schedule: "@every 1s", direction: "input" }),
    });
    server = new DaprServer({
      serverHost: "127.0.0.1",
      serverPort: String(appPort),
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      clientOptions: { daprHost: "127.0.0.1", daprPort: sidecar.httpPort, logger: { level: "error" } },
      logger: { level: "error" },
    });
    // The other binding has no route here: the sidecar asks first, and leaves it alone.
    await server.binding.receive("tick", async () => {
      calls++;
    });
    await server.start();
  });

  after(async () => {
    await server.stop();
    await server.client.stop();
    await sidecar.stop();
  });

  test("is called again and again", async () => {
    await eventually(() => calls >= 3);

    assert.equal(sidecar.hasExited, false);
  });
});

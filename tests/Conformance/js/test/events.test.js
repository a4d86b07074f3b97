import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CommunicationProtocolEnum, DaprServer, HttpMethod } from "@dapr/dapr";
import { eventually } from "../lib/eventually.js";
import { failureOf } from "../lib/failure.js";
import { connect, protocols } from "../lib/protocols.js";
import { component, freePort, Sidecar } from "../lib/sidecar.js";

for (const [name, protocol] of protocols) {
  describe(`an app of the official SDK, its client over ${name}`, () => {
    const received = [];
    let server;
    let sidecar;
    let client;

    before(async () => {
      const appPort = await freePort();
      sidecar = await Sidecar.start({ appPort }, { "pubsub.yaml": component("pubsub", "pubsub.in-memory") });
      server = new DaprServer({
        serverHost: "127.0.0.1",
        serverPort: String(appPort),
        communicationProtocol: CommunicationProtocolEnum.HTTP,
        clientOptions: { daprHost: "127.0.0.1", daprPort: sidecar.httpPort, logger: { level: "error" } },
        logger: { level: "error" },
      });
      await server.pubsub.subscribe("pubsub", "orders", async (data) => {
        received.push(data);
      });
      await server.invoker.listen("sum", async ({ body }) => JSON.parse(body).reduce((sum, n) => sum + n, 0), { method: HttpMethod.POST });
      await server.invoker.listen("greet", async ({ query }) => `hello ${query}`, { method: HttpMethod.GET });
      await server.start();
      client = connect(sidecar, protocol);
      await eventually(async () => (await fetch(`http://127.0.0.1:${sidecar.httpPort}/v1.0/healthz`)).ok);
    });

    after(async () => {
      await client.stop();
      await server.stop();
      await sidecar.stop();
    });

    test("what is published arrives as it was", async () => {
      const messages = [{ order: 1, 名: "é" }, "a text", { nested: { list: [1, 2, 3] } }];
      for (const message of messages) {
        assert.equal(await failureOf(client.pubsub.publish("pubsub", "orders", message)), undefined);
      }

      await eventually(() => received.length >= messages.length);
      assert.deepEqual(received, messages);
    });

    test("publishing to an unknown component is an error", async () => {
      const failure = await failureOf(client.pubsub.publish("nowhere", "orders", { order: 2 }));

      assert.match(failure.message ?? failure.error.message, /pubsub nowhere is not found/);
    });

    test("methods of the app are invoked by its id", async () => {
      assert.equal(Number(await client.invoker.invoke("js", "sum", HttpMethod.POST, [1, 2, 39])), 42);
      assert.match(String(await client.invoker.invoke("js", "greet", HttpMethod.GET)), /^hello/);
    });

    test("a method that is not there is an error", async () => {
      await assert.rejects(client.invoker.invoke("js", "nothing", HttpMethod.GET), /404|not_found/);
    });
  });
}

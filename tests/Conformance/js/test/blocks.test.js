import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { LockStatus } from "@dapr/dapr/types/lock/UnlockResponse.js";
import { eventually } from "../lib/eventually.js";
import { connect, protocols } from "../lib/protocols.js";
import { component, Sidecar } from "../lib/sidecar.js";

for (const [name, protocol] of protocols) {
  describe(`locks, secrets, bindings, metadata, health and shutdown over ${name}`, () => {
    let sidecar;
    let client;
    let server;

    before(async () => {
      server = createServer((request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ method: request.method, url: request.url }));
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      sidecar = await Sidecar.start({}, {
        "lock.yaml": component("lockstore", "lock.sqlite", { connectionString: "lock.db" }),
        "secrets.yaml": component("secretstore", "secretstores.local.file", { secretsFile: "secrets.json" }),
        "http.yaml": component("outside", "bindings.http", { url: `http://127.0.0.1:${server.address().port}` }),
        "secrets.json": JSON.stringify({ password: "much ado", second: "名" }),
      });
      client = connect(sidecar, protocol);
    });

    after(async () => {
      await client.stop();
      await sidecar.stop();
      server.close();
    });

    test("a lock has one owner until it is given back", async () => {
      assert.deepEqual(await client.lock.lock("lockstore", "till", "first", 60), { success: true });
      assert.deepEqual(await client.lock.lock("lockstore", "till", "second", 60), { success: false });
      assert.equal((await client.lock.unlock("lockstore", "till", "second")).status, LockStatus.LockBelongsToOthers);
      assert.equal((await client.lock.unlock("lockstore", "till", "first")).status, LockStatus.Success);
      assert.equal((await client.lock.unlock("lockstore", "till", "first")).status, LockStatus.LockDoesNotExist);
      assert.deepEqual(await client.lock.lock("lockstore", "till", "second", 60), { success: true });
    });

    test("one secret and all secrets are read", async () => {
      assert.deepEqual(await client.secret.get("secretstore", "password"), { password: "much ado" });
      assert.deepEqual(await client.secret.getBulk("secretstore"), { password: { password: "much ado" }, second: { second: "名" } });
    });

    test("an output binding is invoked and its answer read", async () => {
      const answer = await client.binding.send("outside", "post", { any: "data" }, { path: "/orders" });

      const body = answer.data === undefined ? answer : JSON.parse(Buffer.from(answer.data));
      assert.deepEqual(body, { method: "POST", url: "/orders" });
      await assert.rejects(client.binding.send("outside", "fly", {}), /does not support operation fly/);
    });

    test("metadata names the app and its components, and takes entries", async () => {
      assert.equal(await client.metadata.set("colour", "green"), true);
      const metadata = await client.metadata.get();

      assert.equal(metadata.id, "js");
      assert.equal(metadata.extended.colour, "green");
      assert.deepEqual(metadata.components.map((item) => item.name).sort(), ["lockstore", "outside", "secretstore"]);
    });

    test("it is healthy until it is asked to shut down", async () => {
      assert.equal(await client.health.isHealthy(), true);

      await client.sidecar.shutdown();

      await eventually(() => sidecar.hasExited);
      assert.equal(await client.health.isHealthy(), false);
    });
  });
}

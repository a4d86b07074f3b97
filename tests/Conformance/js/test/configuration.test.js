import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CommunicationProtocolEnum } from "@dapr/dapr";
import { eventually } from "../lib/eventually.js";
import { connect } from "../lib/protocols.js";
import { Redis } from "../lib/redis.js";
import { component, Sidecar } from "../lib/sidecar.js";

// The SDK has configuration over gRPC only.
describe("configuration over gRPC", () => {
  let redis;
  let sidecar;
  let client;

  before(async () => {
    redis = await Redis.start();
    await redis.command("SET", "colour", "green||1");
    await redis.command("SET", "size", "big");
    sidecar = await Sidecar.start({}, { "config.yaml": component("config", "configuration.redis", { redisHost: `127.0.0.1:${redis.port}` }) });
    client = connect(sidecar, CommunicationProtocolEnum.GRPC);
  });

  after(async () => {
    await client.stop();
    await sidecar.stop();
    await redis.stop();
  });

  test("items are read with their versions, those that are missing left out", async () => {
    const { items } = await client.configuration.get("config", ["colour", "size", "missing"]);

    assert.deepEqual(Object.keys(items).sort(), ["colour", "size"]);
    assert.deepEqual([items.colour.value, items.colour.version], ["green", "1"]);
    assert.deepEqual([items.size.value, items.size.version], ["big", ""]);
  });

  test("a subscriber hears of changes until it stops", async () => {
    const heard = [];
    const subscription = await client.configuration.subscribeWithKeys("config", ["colour"], async (update) => {
      heard.push(update.items.colour?.value);
    });

    let n = 0;
    await eventually(async () => {
      await redis.command("SET", "colour", `shade ${++n}||${n}`);
      return heard.length > 0;
    });
    const last = `shade ${++n}`;
    await redis.command("SET", "colour", `${last}||${n}`);
    await eventually(() => heard.at(-1) === last);
    await subscription.stop();

    assert.ok(heard.every((value) => /^(green|shade \d+)$/.test(value)), String(heard));
  });

  test("an unknown store is refused by name", async () => {
    await assert.rejects(client.configuration.get("nowhere", ["a"]), /nowhere/);
  });
});

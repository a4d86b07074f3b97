import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { failureOf } from "../lib/failure.js";
import { connect, protocols } from "../lib/protocols.js";
import { component, Sidecar } from "../lib/sidecar.js";

const store = "statestore";

for (const [name, protocol] of protocols) {
  describe(`state over ${name}`, () => {
    let sidecar;
    let client;

    before(async () => {
      sidecar = await Sidecar.start({}, { "state.yaml": component(store, "state.sqlite", { connectionString: "state.db" }) });
      client = connect(sidecar, protocol);
    });

    after(async () => {
      await client.stop();
      await sidecar.stop();
    });

    test("what was saved is read, whatever its type", async () => {
      const values = { text: "a text", number: 5, list: [1, "two", null], object: { 名: "é", nested: { deep: true } } };
      await client.state.save(store, Object.entries(values).map(([key, value]) => ({ key, value })));

      for (const [key, value] of Object.entries(values)) {
        assert.deepEqual(await client.state.get(store, key), value);
      }
    });

    test("an absent key is empty", async () => {
      assert.equal(await client.state.get(store, "absent"), "");
    });

    test("several keys are read at once, absent ones without data", async () => {
      await client.state.save(store, [{ key: "bulk-1", value: "one" }, { key: "bulk-2", value: { two: 2 } }]);

      const items = await client.state.getBulk(store, ["bulk-1", "bulk-2", "bulk-3"]);

      assert.deepEqual(
        items.map((item) => [item.key, item.data]).sort(),
        [["bulk-1", "one"], ["bulk-2", { two: 2 }], ["bulk-3", items.find((item) => item.key === "bulk-3").data]],
      );
      assert.ok(["", null, undefined].includes(items.find((item) => item.key === "bulk-3").data));
    });

    test("a deleted key is gone", async () => {
      await client.state.save(store, [{ key: "short", value: 1 }]);
      await client.state.delete(store, "short");

      assert.equal(await client.state.get(store, "short"), "");
    });

    test("a write with the current etag succeeds once", async () => {
      await client.state.save(store, [{ key: "guarded", value: 1 }]);
      const [item] = await client.state.getBulk(store, ["guarded"]);
      const write = (value) => client.state.save(store, [{ key: "guarded", value, etag: item.etag }]);

      assert.equal(await failureOf(write(2)), undefined);
      assert.match((await failureOf(write(3))).message, /etag/i);
      assert.equal(await client.state.get(store, "guarded"), 2);
    });

    test("a transaction writes and deletes together", async () => {
      await client.state.save(store, [{ key: "leaves", value: 1 }]);

      await client.state.transaction(store, [
        { operation: "upsert", request: { key: "comes", value: "is here" } },
        { operation: "delete", request: { key: "leaves" } },
      ]);

      assert.equal(await client.state.get(store, "comes"), "is here");
      assert.equal(await client.state.get(store, "leaves"), "");
    });

    test("an unknown store is an error", async () => {
      const failure = await failureOf(client.state.save("nowhere", [{ key: "k", value: 1 }]));

      assert.match(failure.message, /state store nowhere is not found/);
    });
  });
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSettings } from "../src/settings.js";

describe("the settings", () => {
  test("alone it listens on loopback, at its own ports", () => {
    assert.deepEqual(readSettings({}), { port: 8086, address: "127.0.0.1", sidecarPort: 3506, appToken: undefined, sidecarToken: undefined });
  });

  test("whoever runs it decides", () => {
    const environment = { APP_PORT: "9001", APP_ADDRESS: "0.0.0.0", DAPR_HTTP_PORT: "9002", APP_API_TOKEN: "app", DAPR_API_TOKEN: "sidecar" };

    assert.deepEqual(readSettings(environment), { port: 9001, address: "0.0.0.0", sidecarPort: 9002, appToken: "app", sidecarToken: "sidecar" });
  });

  for (const text of ["0", "65536", "-1", "80a", "8e3", " 80"]) {
    test(`the port "${text}" is refused by its variable's name`, () => {
      assert.throws(() => readSettings({ APP_PORT: text }), /APP_PORT/);
      assert.throws(() => readSettings({ DAPR_HTTP_PORT: text }), /DAPR_HTTP_PORT/);
    });
  }
});

// @grpc/grpc-js itself: a client that knows gRPC and nothing of Dapr, with the messages of the sidecar's own proto files.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { dirname, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { eventually } from "../lib/eventually.js";
import { component, Sidecar } from "../lib/sidecar.js";

const token = "token-of-the-sidecar";
const store = "statestore";
const protos = resolve(dirname(fileURLToPath(import.meta.url)), "../../../../sidecar");

/** Longer than any call here takes, and short enough that one that hangs fails the test. */
const generous = 60_000;

function loadMessages() {
  const root = new protobuf.Root();
  const own = root.resolvePath;
  root.resolvePath = (origin, target) => (target.startsWith("Grpc/") ? resolve(protos, target) : own.call(root, origin, target));
  return root.loadSync(["state", "invoke"].map((name) => resolve(protos, `Grpc/Protos/${name}.proto`)));
}

describe("grpc-js against the sidecar", () => {
  const messages = loadMessages();
  let app;
  let sidecar;
  let client;
  /** Requests that the app has and never answers. */
  let waiting = 0;
  let abandoned = 0;

  before(async () => {
    app = createServer((request, response) => {
      if (request.url === "/hang") {
        waiting++;
        response.on("close", () => abandoned++);
      } else {
        response.end();
      }
    }).listen(0, "127.0.0.1");
    await once(app, "listening");
    sidecar = await Sidecar.start(
      { appId: "grpc", appPort: app.address().port, env: { DAPR_API_TOKEN: token } },
      { "state.yaml": component(store, "state.in-memory") },
    );
    client = new grpc.Client(`127.0.0.1:${sidecar.grpcPort}`, grpc.credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
  });

  after(async () => {
    client.close();
    await sidecar.stop();
    app.closeAllConnections();
    app.close();
  });

  /** One unary call; the answer as an object, or the status as an error. */
  function call(method, request, { apiToken = token, deadline = generous, started = () => undefined } = {}) {
    const [input, output] = method === "InvokeService"
      ? ["runtime.v1.InvokeServiceRequest", "common.v1.InvokeResponse"]
      : method === "GetState" ? ["runtime.v1.GetStateRequest", "runtime.v1.GetStateResponse"] : ["runtime.v1.SaveStateRequest", null];
    const inputType = messages.lookupType(`dapr.proto.${input}`);
    const metadata = new grpc.Metadata();
    if (apiToken !== null) {
      metadata.set("dapr-api-token", apiToken);
    }

    return new Promise((done, failed) => {
      started(client.makeUnaryRequest(
        `/dapr.proto.runtime.v1.Dapr/${method}`,
        (value) => Buffer.from(inputType.encode(inputType.fromObject(value)).finish()),
        (bytes) => (output === null ? {} : messages.lookupType(`dapr.proto.${output}`).decode(bytes)),
        request,
        metadata,
        { deadline: Date.now() + deadline },
        (error, answer) => (error === null ? done(answer) : failed(error)),
      ));
    });
  }

  const save = (key, value) => call("SaveState", { storeName: store, states: [{ key, value: Buffer.from(value) }] });
  const get = async (key, options) => Buffer.from((await call("GetState", { storeName: store, key }, options)).data).toString();
  const hang = (options) => call("InvokeService", { id: "grpc", message: { method: "hang", httpExtension: { verb: "GET" } } }, options);

  test("unary calls carry bytes there and back", async () => {
    await save("one", '"名 é"');

    assert.equal(await get("one"), '"名 é"');
    assert.equal(await get("absent"), "");
  });

  test("errors have the status and the words of Dapr", async () => {
    await assert.rejects(call("GetState", { storeName: "nowhere", key: "k" }), (error) => error.code === grpc.status.INVALID_ARGUMENT && /nowhere/.test(error.details));
    // daprd takes a method it does not have for a call that another app is to get.
    await assert.rejects(call("NoSuchMethod", { storeName: store }), (error) => error.code === grpc.status.UNKNOWN && /dapr-app-id not found/.test(error.details));
  });

  for (const apiToken of [null, "guess"]) {
    test(`the api token ${apiToken} opens nothing`, async () => {
      await assert.rejects(get("one", { apiToken }), { code: grpc.status.UNAUTHENTICATED });
    });
  }

  test("a message over the limit is refused, one below it is taken, and the connection goes on", async () => {
    const large = JSON.stringify("x".repeat(3 * 1024 * 1024));

    await assert.rejects(save("huge", JSON.stringify("x".repeat(5 * 1024 * 1024))), { code: grpc.status.RESOURCE_EXHAUSTED });
    await save("large", large);

    assert.equal(await get("large"), large);
    assert.equal(await get("huge"), "");
  });

  test("a deadline ends the call, and the work behind it", async () => {
    const before = abandoned;

    await assert.rejects(hang({ deadline: 500 }), { code: grpc.status.DEADLINE_EXCEEDED });

    // A call that ran out of time before it reached the app has left nothing there.
    await eventually(() => abandoned === waiting && abandoned >= before);
  });

  test("a call that is cancelled ends at the app too", async () => {
    const before = waiting;
    let running;
    const ended = assert.rejects(hang({ started: (started) => (running = started) }), { code: grpc.status.CANCELLED });
    await eventually(() => waiting > before);

    running.cancel();

    await ended;
    await eventually(() => abandoned === waiting);
  });

  test("a thousand calls at once over one connection all end right", async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `many-${index}`);
    await Promise.all(keys.map((key) => save(key, JSON.stringify(key))));

    assert.deepEqual(await Promise.all(keys.map((key) => get(key))), keys.map((key) => JSON.stringify(key)));
  });
});

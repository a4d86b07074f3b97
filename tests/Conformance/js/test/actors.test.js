import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AbstractActor, ActorId, ActorProxyBuilder, CommunicationProtocolEnum, DaprServer, Temporal } from "@dapr/dapr";
import { eventually } from "../lib/eventually.js";
import { connect } from "../lib/protocols.js";
import { component, freePort, Sidecar } from "../lib/sidecar.js";

class CounterActor extends AbstractActor {
  async add(n) {
    const value = ((await this.getStateManager().tryGetState("count"))[1] ?? 0) + n;
    await this.getStateManager().setState("count", value);
    await this.getStateManager().saveState();
    return value;
  }

  async remindOnce(n) {
    await this.registerActorReminder("soon", Temporal.Duration.from({ milliseconds: 50 }), undefined, undefined, n);
  }

  async receiveReminder(n) {
    await this.add(Number(n));
  }

  async tick() {
    await this.registerActorTimer("often", "ticked", Temporal.Duration.from({ milliseconds: 20 }), Temporal.Duration.from({ milliseconds: 20 }), undefined, 1);
  }

  async ticked(n) {
    if ((await this.add(n)) === 3) {
      await this.unregisterActorTimer("often");
    }
  }
}

// The SDK hosts actors over HTTP only.
describe("actors of the official SDK", () => {
  let server;
  let sidecar;
  let client;
  let actorOf;

  before(async () => {
    const appPort = await freePort();
    sidecar = await Sidecar.start({ appPort }, {
      "state.yaml": component("statestore", "state.sqlite", { connectionString: "state.db", actorStateStore: "true" }),
    });
    server = new DaprServer({
      serverHost: "127.0.0.1",
      serverPort: String(appPort),
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      clientOptions: { daprHost: "127.0.0.1", daprPort: sidecar.httpPort, logger: { level: "error" } },
      logger: { level: "error" },
    });
    await server.actor.init();
    await server.actor.registerActor(CounterActor);
    await server.start();
    client = connect(sidecar, CommunicationProtocolEnum.HTTP);
    const builder = new ActorProxyBuilder(CounterActor, client);
    actorOf = (id) => builder.build(new ActorId(id));
    await eventually(async () => (await fetch(`http://127.0.0.1:${sidecar.httpPort}/v1.0/healthz`)).ok);
  });

  after(async () => {
    await client.stop();
    await server.stop();
    await sidecar.stop();
  });

  const count = async (id) => {
    const answer = await fetch(`http://127.0.0.1:${sidecar.httpPort}/v1.0/actors/CounterActor/${id}/state/count`);
    return answer.status === 200 ? await answer.json() : null;
  };

  test("methods take turns and keep their state", async () => {
    const actor = actorOf("turns");

    const results = await Promise.all(Array.from({ length: 20 }, () => actor.add(1)));

    assert.deepEqual(results.map(Number).sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => n + 1));
    assert.equal(await count("turns"), 20);
  });

  test("two actors know nothing of each other", async () => {
    assert.equal(Number(await actorOf("left").add(5)), 5);
    assert.equal(Number(await actorOf("right").add(7)), 7);
  });

  test("a reminder comes once", async () => {
    await actorOf("reminded").remindOnce(42);

    assert.equal(await eventually(() => count("reminded")), 42);
  });

  test("a timer ticks until it is taken back", async () => {
    await actorOf("ticking").tick();

    assert.equal(await eventually(async () => (await count("ticking")) === 3), true);
  });
});

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { DaprServer } from "@dapr/dapr";
import { Log } from "../src/logs.js";
import { createService } from "../src/service.js";
import { FakeSidecar, freePort } from "./fakeSidecar.js";

const trace = "0af7651916cd43dd8448eb211c80319c";
const inside = { "dapr-api-token": "app-token", traceparent: `00-${trace}-b7ad6b7169203331-01` };

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly body: any;
}

describe("the service", () => {
  const lines: any[] = [];
  let sidecar: FakeSidecar;
  let server: DaprServer;
  let url: string;

  before(async () => {
    sidecar = await FakeSidecar.start();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const settings = { port, address: "127.0.0.1", sidecarPort: sidecar.port, appToken: "app-token", sidecarToken: "sidecar-token" };
    server = createService(settings, new Log((line) => lines.push(JSON.parse(line))));
    await server.start();
  });

  beforeEach(() => {
    lines.length = 0;
    sidecar.isUp = true;
    sidecar.values.clear();
  });

  after(async () => {
    await server.stop();
    await server.client.stop();
    await sidecar.stop();
  });

  async function send(path: string, init: RequestInit = {}, headers: Record<string, string> = inside): Promise<Answer> {
    const answer = await fetch(url + path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string> | undefined) } });
    const text = await answer.text();
    return { status: answer.status, type: answer.headers.get("content-type"), headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
  }

  function deliver(data: unknown): Promise<Answer> {
    return send("/events/orders-confirmed", {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify({ specversion: "1.0", type: "com.daprshop.order.confirmed.v1", data }),
    });
  }

  function points(user: string, query = ""): Promise<Answer> {
    return send(`/api/v1/points${query}`, { headers: { "shop-user": user } });
  }

  function order(id: string, amount: number): unknown {
    return { eventId: `${id}:confirmed`, orderId: id, userId: "shopper-1", total: { amount, currency: "CNY" }, at: "2026-01-02T03:04:05Z", version: 4 };
  }

  function assertProblem(answer: Answer, status: number, name: string, path: string): void {
    assert.equal(answer.status, status);
    assert.equal(answer.type, "application/problem+json");
    assert.equal(answer.body.type, `urn:daprshop:problem:${name}`);
    assert.equal(answer.body.status, status);
    assert.equal(answer.body.instance, path);
    assert.equal(answer.body.traceId, answer.headers.get("x-trace-id"));
    assert.equal(typeof answer.body.title, "string");
    assert.equal(typeof answer.body.detail, "string");
  }

  test("a confirmed order becomes points, once", async () => {
    for (let time = 0; time < 3; time++) {
      assert.deepEqual((await deliver(order("o-1", 129_950))).body, { status: "SUCCESS" });
    }

    const answer = await points("shopper-1");

    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-trace-id"), trace);
    assert.deepEqual(answer.body, {
      balance: 1299,
      entries: [{ orderId: "o-1", points: 1299, total: { amount: 129_950, currency: "CNY" }, at: "2026-01-02T03:04:05.000Z" }],
      nextCursor: null,
    });
    assert.deepEqual((await points("shopper-2")).body, { balance: 0, entries: [], nextCursor: null });
    assert.deepEqual([...sidecar.tokens], ["sidecar-token"]);
  });

  test("a list of many is read page by page, newest first", async () => {
    for (let number = 1; number <= 120; number++) {
      await deliver(order(`o-${number}`, number * 100));
    }

    const seen: number[] = [];
    let query = "?limit=50";
    for (;;) {
      const { body } = await points("shopper-1", query);
      assert.equal(body.balance, 7260);
      seen.push(...body.entries.map((entry: { points: number }) => entry.points));
      if (body.nextCursor === null) {
        break;
      }

      query = `?limit=50&cursor=${body.nextCursor}`;
    }

    assert.deepEqual(seen, Array.from({ length: 120 }, (_, index) => 120 - index));
  });

  test("a malformed event is dropped, and its neighbours are not held up", async () => {
    const answers = await Promise.all([
      deliver(order("o-1", 100)), deliver({ ...order("o-2", 100) as object, userId: "a/b" }), deliver("text"), deliver(order("o-3", 100)),
    ]);

    assert.deepEqual(answers.map((answer) => [answer.status, answer.body.status]), [[200, "SUCCESS"], [200, "DROP"], [200, "DROP"], [200, "SUCCESS"]]);
    assert.equal((await points("shopper-1")).body.balance, 2);
    const warnings = lines.filter((line) => line.Level === "Warning").map((line) => [line.RenderedMessage, line.TraceId, line.Properties.App]);
    assert.deepEqual(warnings.sort(), [
      ["Dropped a message that is no OrderConfirmed: data", trace, "loyalty"], ["Dropped a message that is no OrderConfirmed: userId", trace, "loyalty"],
    ]);
  });

  test("a body that is no JSON is dropped", async () => {
    const answer = await send("/events/orders-confirmed", { method: "POST", headers: { "content-type": "application/json" }, body: "{" });

    assert.deepEqual([answer.status, answer.body], [200, { status: "DROP" }]);
  });

  test("events for others are taken", async () => {
    const answer = await send("/events/unhandled", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });

    assert.deepEqual([answer.status, answer.body], [200, { status: "SUCCESS" }]);
  });

  test("while the store is away events are to come again and readers to ask again", async () => {
    sidecar.isUp = false;
    const delivered = await deliver(order("o-1", 100));
    const asked = await points("shopper-1");
    const health = await send("/health");
    sidecar.isUp = true;

    assert.deepEqual([delivered.status, delivered.body], [200, { status: "RETRY" }]);
    assertProblem(asked, 503, "dependency-unavailable", "/api/v1/points");
    assert.equal(asked.headers.get("retry-after"), "1");
    assert.deepEqual([health.status, health.body.status, health.body.checks.statestore.status], [503, "Unhealthy", "Unhealthy"]);
    assert.deepEqual(lines.filter((line) => line.Level === "Error"), []);
    assert.deepEqual((await deliver(order("o-1", 100))).body, { status: "SUCCESS" });
    assert.equal((await points("shopper-1")).body.balance, 1);
  });

  test("limit and cursor are named when they are no good", async () => {
    const answer = await points("shopper-1", "?limit=1&limit=2&cursor=x");

    assertProblem(answer, 400, "validation", "/api/v1/points");
    assert.deepEqual(Object.keys(answer.body.errors), ["limit", "cursor"]);
  });

  test("a user is who the gateway says, and nothing in path or query", async () => {
    assertProblem(await send("/api/v1/points?user=shopper-1"), 401, "unauthenticated", "/api/v1/points");
    assertProblem(await send("/api/v1/points/shopper-1"), 404, "not-found", "/api/v1/points/shopper-1");
    for (const user of ["a/b", "../x", "a||b", "x".repeat(129), "a b"]) {
      const answer = await points(user);
      assertProblem(answer, 400, "validation", "/api/v1/points");
      assert.deepEqual(Object.keys(answer.body.errors), ["shop-user"]);
    }
  });

  test("only the sidecar is answered, but for probes", async () => {
    for (const headers of [{}, { "dapr-api-token": "guess" }]) {
      assertProblem(await send("/api/v1/points", { headers: { "shop-user": "shopper-1" } }, headers), 401, "unauthenticated", "/api/v1/points");
      assertProblem(await send("/events/orders-confirmed", { method: "POST" }, headers), 401, "unauthenticated", "/events/orders-confirmed");
      assertProblem(await send("/dapr/subscribe", {}, headers), 401, "unauthenticated", "/dapr/subscribe");
    }

    for (const path of ["/alive", "/healthz", "/health"]) {
      const answer = await send(path, {}, {});
      assert.deepEqual([answer.status, answer.body.status], [200, "Healthy"]);
    }
  });

  test("the sidecar hears of no subscription beside the declared one", async () => {
    const answer = await send("/dapr/subscribe");

    assert.deepEqual([answer.status, answer.body], [200, []]);
  });

  test("each request is one line with its route, its trace and its time", async () => {
    await points("shopper-1");

    const line = lines.find((candidate) => candidate.Properties.StatusCode !== undefined);
    assert.deepEqual([line.Level, line.TraceId, line.Properties.Method, line.Properties.Route, line.Properties.StatusCode], ["Information", trace, "GET", "/api/v1/points", 200]);
    assert.match(line.RenderedMessage, /^GET \/api\/v1\/points answered 200 in [\d.]+ ms$/);
  });
});

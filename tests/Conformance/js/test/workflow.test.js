import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DaprWorkflowClient, WorkflowRuntime, WorkflowRuntimeStatus } from "@dapr/dapr";
import { eventually } from "../lib/eventually.js";
import { connect, protocols } from "../lib/protocols.js";
import { component, Sidecar } from "../lib/sidecar.js";

const seconds = 30;

// The worker tells every step it takes there, whatever level its logger has.
console.info = () => {};

describe("workflows written and managed with the official SDK", () => {
  let sidecar;
  let runtime;
  let client;

  before(async () => {
    sidecar = await Sidecar.start({}, {
      "state.yaml": component("statestore", "state.sqlite", { connectionString: "state.db", actorStateStore: "true" }),
    });
    const options = { daprHost: "127.0.0.1", daprPort: sidecar.grpcPort, logger: { level: "error" } };
    runtime = new WorkflowRuntime(options);
    client = new DaprWorkflowClient(options);
    let failures = 0;
    runtime
      .registerActivityWithName("double", async (_, n) => n * 2)
      .registerActivityWithName("fail", async () => {
        failures++;
        throw new Error(`refused ${failures}`);
      })
      .registerWorkflowWithName("chain", async function* (context, input) {
        let value = input;
        for (let step = 0; step < 3; step++) {
          value = yield context.callActivity("double", value);
        }

        return value;
      })
      .registerWorkflowWithName("fan", async function* (context, inputs) {
        const doubled = yield context.whenAll(inputs.map((n) => context.callActivity("double", n)));
        return doubled.reduce((sum, n) => sum + n, 0);
      })
      .registerWorkflowWithName("timer", async function* (context) {
        yield context.createTimer(0.2);
        return "rang";
      })
      .registerWorkflowWithName("approval", async function* (context) {
        const event = context.waitForExternalEvent("approved");
        const timeout = context.createTimer(600);
        const first = yield context.whenAny([event, timeout]);
        return first === event ? `by ${event.getResult()}` : "nobody";
      })
      .registerWorkflowWithName("failing", async function* (context) {
        yield context.callActivity("fail");
      })
      .registerWorkflowWithName("parent", async function* (context, input) {
        const children = [1, 2].map((n) => context.callChildWorkflow("chain", input + n));
        return yield context.whenAll(children);
      })
      .registerWorkflowWithName("again", async function* (context, left) {
        yield context.callActivity("double", left);
        if (left > 0) {
          context.continueAsNew(left - 1, true);
          return undefined;
        }

        return "landed";
      });
    await runtime.start();
  });

  after(async () => {
    await runtime.stop();
    await client.stop();
    await sidecar.stop();
  });

  const finish = (id) => client.waitForWorkflowCompletion(id, true, seconds);

  test("activities one after the other", async () => {
    const id = await client.scheduleNewWorkflow("chain", 5, "chain-1");

    const state = await finish(id);

    assert.equal(id, "chain-1");
    assert.equal(state.runtimeStatus, WorkflowRuntimeStatus.COMPLETED);
    assert.equal(state.serializedOutput, "40");
  });

  test("activities at once", async () => {
    const state = await finish(await client.scheduleNewWorkflow("fan", [1, 2, 3, 4]));

    assert.equal(state.serializedOutput, "20");
  });

  test("a timer", async () => {
    assert.equal((await finish(await client.scheduleNewWorkflow("timer"))).serializedOutput, '"rang"');
  });

  test("an event from outside", async () => {
    const id = await client.scheduleNewWorkflow("approval");
    await client.waitForWorkflowStart(id, false, seconds);

    await client.raiseEvent(id, "approved", "eve");

    assert.equal((await finish(id)).serializedOutput, '"by eve"');
  });

  test("a failing activity fails its workflow with the reason", async () => {
    const state = await finish(await client.scheduleNewWorkflow("failing"));

    assert.equal(state.runtimeStatus, WorkflowRuntimeStatus.FAILED);
    assert.match(state.workflowFailureDetails.getErrorMessage(), /refused 1/);
  });

  test("child workflows", async () => {
    const state = await finish(await client.scheduleNewWorkflow("parent", 10));

    assert.equal(state.serializedOutput, "[88,96]");
  });

  test("a workflow that continues as new", async () => {
    const state = await finish(await client.scheduleNewWorkflow("again", 5));

    assert.equal(state.serializedOutput, '"landed"');
  });

  test("a terminated workflow ends with the given output", async () => {
    const id = await client.scheduleNewWorkflow("approval");
    await client.waitForWorkflowStart(id, false, seconds);

    await client.terminateWorkflow(id, "enough");

    const state = await finish(id);
    assert.equal(state.runtimeStatus, WorkflowRuntimeStatus.TERMINATED);
    assert.equal(state.serializedOutput, '"enough"');
  });

  test("a finished workflow is purged once", async () => {
    const id = await client.scheduleNewWorkflow("timer");
    await finish(id);

    assert.equal(await client.purgeWorkflow(id), true);
    assert.equal(await client.getWorkflowState(id, true), undefined);
    await assert.rejects(client.purgeWorkflow(id), /no such instance exists/);
  });

  // The SDK's gRPC client refuses workflows; DaprWorkflowClient is its way to them.
  for (const [name, protocol] of protocols.filter(([protocolName]) => protocolName === "HTTP")) {
    test(`started and read over ${name}`, async () => {
      const dapr = connect(sidecar, protocol);

      const id = await dapr.workflow.scheduleNewWorkflow("chain", 3, `managed-${name}`);

      assert.equal(id, `managed-${name}`);
      const state = await eventually(async () => {
        const current = await dapr.workflow.getWorkflowState(id);
        return current.runtimeStatus === "COMPLETED" ? current : null;
      });
      assert.equal(state.properties["dapr.workflow.output"], "24");
      await dapr.workflow.purge(id);
      await dapr.stop();
    });
  }
});

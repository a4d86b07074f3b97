import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../src/accounts/turns.js";

test("work on one key goes one after the other, in order, also after a failure; other keys do not wait", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));

  const first = turns.take("a", async () => {
    await gate;
    seen.push("first");
    throw new Error("on purpose");
  });
  const second = turns.take("a", async () => seen.push("second"));
  await turns.take("b", async () => seen.push("other"));
  assert.equal(turns.size, 1);
  open();

  await assert.rejects(first, /on purpose/);
  await second;
  assert.deepEqual(seen, ["other", "first", "second"]);
  assert.equal(turns.size, 0);
});

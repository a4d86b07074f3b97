import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeCursor, encodeCursor, isPage, readPage } from "../src/points/paging.js";

function cursorOf(...parts: unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

describe("a page of points", () => {
  test("without a query it is the first of twenty", () => {
    assert.deepEqual(readPage({}), { limit: 20, before: 2_147_483_647 });
  });

  test("limit and cursor are read", () => {
    assert.deepEqual(readPage({ limit: "100", cursor: encodeCursor(7) }), { limit: 100, before: 7 });
  });

  for (const limit of ["0", "101", "x", "-1", "1.5", "", " 1", "1e1", "99999999999", ["1", "2"]]) {
    test(`limit ${JSON.stringify(limit)} is named`, () => {
      const read = readPage({ limit });

      assert.equal(isPage(read), false);
      assert.deepEqual(Object.keys(read), ["limit"]);
    });
  }

  const bad = [
    "x", "", "\0", "WyJ", "a+b", cursorOf("inbox", "1"), cursorOf("points"), cursorOf("points", "x"), cursorOf("points", "-1"), cursorOf("points", 1),
    cursorOf("points", "1", "2"), cursorOf("points", "99999999999"), Buffer.from("{}").toString("base64url"), "A".repeat(1025), ["x", "y"],
  ];
  for (const cursor of bad) {
    test(`cursor ${JSON.stringify(cursor).slice(0, 40)} is named`, () => {
      assert.equal(decodeCursor(cursor), undefined);
      assert.deepEqual(Object.keys(readPage({ cursor })), ["cursor"]);
    });
  }

  test("both mistakes are named at once", () => {
    assert.deepEqual(Object.keys(readPage({ limit: "0", cursor: "x" })), ["limit", "cursor"]);
  });
});

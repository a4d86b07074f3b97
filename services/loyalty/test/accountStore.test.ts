import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Account, type Entry, mostEntries } from "../src/accounts/account.js";
import { AccountStore } from "../src/accounts/accountStore.js";
import { DependencyUnavailable } from "../src/faults.js";
import { type Fate, MemoryDocuments } from "./memoryDocuments.js";

const user = "shopper-1";

function entry(number: number): Entry {
  return { orderId: `order-${number}`, points: number, total: { amount: number * 100, currency: "CNY" }, at: "2026-01-02T03:04:05.000Z" };
}

function sumTo(last: number): number {
  return (last * (last + 1)) / 2;
}

/** Adds as the broker delivers: again and again until it is taken. */
async function deliver(store: AccountStore, what: Entry): Promise<void> {
  for (;;) {
    try {
      await store.add(user, what);
      return;
    } catch (fault) {
      assert.ok(fault instanceof DependencyUnavailable, String(fault));
    }
  }
}

/** A generator that a seed repeats (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function allEntries(store: AccountStore): Promise<Entry[]> {
  const account = await store.read(user);
  const found: Entry[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; before > 0;) {
    const { entries, last } = await store.entries(user, account, before, 7);
    found.push(...entries);
    before = last;
  }

  return found;
}

describe("an account store", () => {
  test("who never ordered has nothing", async () => {
    const store = new AccountStore(new MemoryDocuments());

    assert.deepEqual(await store.read(user), { balance: 0, pages: 0, entries: [] });
    assert.deepEqual(await allEntries(store), []);
  });

  test("an order counts once, however often it comes and whatever it says the second time", async () => {
    const store = new AccountStore(new MemoryDocuments());

    const added = [await store.add(user, entry(5)), await store.add(user, entry(5)), await store.add(user, { ...entry(5), points: 99 })];

    assert.deepEqual(added, [true, false, false]);
    assert.deepEqual(await store.read(user), { balance: 5, pages: 0, entries: [entry(5)] });
  });

  test("the same order at once counts once", async () => {
    const documents = new MemoryDocuments();
    const stores = [1, 2, 3].map(() => new AccountStore(documents));

    const added = await Promise.all(stores.flatMap((store) => [store.add(user, entry(5)), store.add(user, entry(5))]));

    assert.equal((await stores[0]!.read(user)).balance, 5);
    assert.equal(added.includes(true), true);
  });

  test("a customer of one account is not in another's", async () => {
    const store = new AccountStore(new MemoryDocuments());

    await store.add("a", entry(5));
    await store.add("b", entry(5));

    assert.deepEqual([(await store.read("a")).balance, (await store.read("b")).balance, (await store.read("c")).balance], [5, 5, 0]);
  });

  test("an account is bounded, its orders are known for ever and listed newest first", async () => {
    const documents = new MemoryDocuments();
    const store = new AccountStore(documents);
    let longest = 0;

    for (let number = 1; number <= 330; number++) {
      await store.add(user, entry(number));
      longest = Math.max(longest, (JSON.parse(documents.values.get(`points/${user}`)!.text) as Account).entries.length);
    }

    const again = await Promise.all(Array.from({ length: 330 }, (_, index) => store.add(user, entry(index + 1))));
    assert.deepEqual(again.filter(Boolean), []);
    assert.equal(longest, mostEntries);
    assert.equal((await store.read(user)).balance, sumTo(330));
    assert.deepEqual((await allEntries(store)).map((known) => known.points), Array.from({ length: 330 }, (_, index) => 330 - index));
  });

  for (const fate of ["fails", "answer lost"] as const) {
    test(`a write that ${fate}, whichever of them, costs nothing and adds nothing`, async () => {
      // 101 orders: the last one makes room first, so a page and its marks are among the writes.
      const plain = new MemoryDocuments();
      const untroubled = new AccountStore(plain);
      for (let number = 1; number <= 101; number++) {
        await untroubled.add(user, entry(number));
      }

      for (let at = 1; at <= plain.writes; at++) {
        const documents = new MemoryDocuments();
        let writes = 0;
        documents.fate = (operation): Fate => (operation !== "read" && ++writes === at ? fate : "works");
        // As after a kill -9: each delivery by a process that remembers nothing.
        for (let number = 1; number <= 101; number++) {
          await deliver(new AccountStore(documents), entry(number));
        }

        const account = await new AccountStore(documents).read(user);
        assert.deepEqual([at, account.balance, account.pages, account.entries.length], [at, sumTo(101), 1, 51]);
      }
    });
  }

  test("an order that moves to a page between two reads is known all the same", async () => {
    const documents = new MemoryDocuments();
    const first = new AccountStore(documents);
    for (let number = 1; number <= 150; number++) {
      await first.add(user, entry(number));
    }

    // Another process reads, whatever it reads first; before it goes on, the page with the order in question leaves the account.
    let moved = false;
    documents.onRead = async () => {
      if (!moved) {
        moved = true;
        await first.add(user, entry(151));
      }
    };

    assert.equal(await new AccountStore(documents).add(user, entry(60)), false);
    const account = await first.read(user);
    assert.deepEqual([account.pages, account.balance], [2, sumTo(151)]);
  });

  for (const seed of [1, 2, 3, 4, 5]) {
    test(`three processes with trouble at every tenth call balance exactly (seed ${seed})`, async () => {
      const random = randomOf(seed);
      const documents = new MemoryDocuments();
      documents.fate = (): Fate => (random() < 0.9 ? "works" : random() < 0.5 ? "fails" : "answer lost");
      const deliveries = Array.from({ length: 160 }, (_, index) => entry(index + 1)).flatMap((order) => [order, order, order]);
      deliveries.sort(() => random() - 0.5);

      const stores = [1, 2, 3].map(() => new AccountStore(documents));
      await Promise.all(deliveries.map((order, index) => deliver(stores[index % 3]!, order)));

      documents.fate = () => "works";
      assert.equal((await stores[0]!.read(user)).balance, sumTo(160));
      assert.deepEqual((await allEntries(stores[0]!)).map((known) => known.points).sort((a, b) => a - b), Array.from({ length: 160 }, (_, index) => index + 1));
    });
  }

  test("a page that cannot be read is a failure, not a short list", async () => {
    const documents = new MemoryDocuments();
    const store = new AccountStore(documents);
    for (let number = 1; number <= 101; number++) {
      await store.add(user, entry(number));
    }

    documents.values.delete(`points/${user}/0`);

    await assert.rejects(store.entries(user, await store.read(user), 51, 10), DependencyUnavailable);
  });

  test("a store that does not answer is a failure", async () => {
    const documents = new MemoryDocuments();
    documents.fate = () => "fails";
    const store = new AccountStore(documents);

    await assert.rejects(store.add(user, entry(1)), DependencyUnavailable);
    await assert.rejects(store.read(user), DependencyUnavailable);
    assert.equal(documents.values.size, 0);
  });
});

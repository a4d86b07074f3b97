import { type DaprClient, StateConcurrencyEnum, StateConsistencyEnum } from "@dapr/dapr";
import { DependencyUnavailable, reasonOf } from "../faults.js";

/** A document as it is stored, in the form that the shop's other services use. */
interface Stored {
  readonly schema: number;
  readonly document: unknown;
}

/** What was read: undefined where there is no document, and the etag that the next swap must name. */
export interface Found<T> {
  readonly document: T | undefined;
  readonly etag: string | undefined;
}

/** The part of Dapr's state API that accounts need. */
export interface Documents {
  /** @throws {DependencyUnavailable} */
  read<T>(key: string): Promise<Found<T>>;

  /** Whether the store said that the swap happened. False means unknown: only reading back tells. */
  swap(key: string, document: unknown, etag: string | undefined): Promise<boolean>;

  /** Documents that never change, which every writer would write alike (R1). Some may be written when it throws.
   * @throws {DependencyUnavailable}
   */
  writeOnce(documents: ReadonlyMap<string, unknown>): Promise<void>;
}

const store = "statestore";
const schema = 1;

/** The SDK waits for ever. A store that hangs would hold up every delivery behind the call. */
const callLimit = 5_000;

export class DaprDocuments implements Documents {
  readonly #dapr: DaprClient;

  constructor(dapr: DaprClient) {
    this.#dapr = dapr;
  }

  async read<T>(key: string): Promise<Found<T>> {
    // Not get: it tells no etag, and it would put the key into a URL as it is. Reading several tells a failure apart from a missing key.
    const [item] = await this.#call(this.#dapr.state.getBulk(store, [key])) as { key: string; data?: unknown; etag?: string; error?: string }[];
    if (item === undefined || item.key !== key || item.error) {
      throw new DependencyUnavailable(`${store} did not give ${key}: ${item?.error ?? "no answer for it"}`);
    }

    return isStored(item.data)
      ? { document: item.data.document as T, etag: item.etag }
      : { document: undefined, etag: undefined };
  }

  async swap(key: string, document: unknown, etag: string | undefined): Promise<boolean> {
    const value: Stored = { schema, document };
    const options = { concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE, consistency: StateConsistencyEnum.CONSISTENCY_STRONG };
    try {
      const answer = await this.#call(this.#dapr.state.save(store, [{ key, value, options, ...(etag === undefined ? {} : { etag }) }]));
      return answer.error === undefined;
    } catch (fault) {
      if (fault instanceof DependencyUnavailable) {
        return false;
      }

      throw fault;
    }
  }

  async writeOnce(documents: ReadonlyMap<string, unknown>): Promise<void> {
    const items = [...documents].map(([key, document]) => ({ key, value: { schema, document } satisfies Stored }));
    const answer = await this.#call(this.#dapr.state.save(store, items));
    if (answer.error !== undefined) {
      throw new DependencyUnavailable(`${store} did not take ${items.length} documents: ${answer.error.message}`);
    }
  }

  async #call<T>(call: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new DependencyUnavailable(`${store} did not answer within ${callLimit} ms`)), callLimit);
    });
    try {
      return await Promise.race([call, limit]);
    } catch (fault) {
      throw fault instanceof DependencyUnavailable ? fault : new DependencyUnavailable(`${store}: ${reasonOf(fault)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

// A missing key has no data, or an empty text, by the sidecar's protocol.
function isStored(data: unknown): data is Stored {
  return typeof data === "object" && data !== null && "document" in data;
}

import { DependencyUnavailable } from "../src/faults.js";
import type { Documents, Found } from "../src/accounts/documents.js";

/** What becomes of one call: it works; it fails without effect; it has its effect and the answer is lost. */
export type Fate = "works" | "fails" | "answer lost";

/** A state store in memory that behaves as the worst one does: any call may fail, and a write that answers "no" may have happened. */
export class MemoryDocuments implements Documents {
  readonly values = new Map<string, { text: string; version: number }>();
  /** How many writes were asked for. */
  writes = 0;
  /** Decides on each call; by default all work. */
  fate: (operation: "read" | "swap" | "writeOnce", key: string) => Fate = () => "works";
  /** Called between the moment something is read and the moment the reader learns of it. */
  onRead: (key: string) => Promise<void> = async () => undefined;

  async read<T>(key: string): Promise<Found<T>> {
    if (this.fate("read", key) !== "works") {
      throw new DependencyUnavailable("the read failed");
    }

    const found = this.values.get(key);
    await this.onRead(key);
    return found === undefined
      ? { document: undefined, etag: undefined }
      : { document: JSON.parse(found.text) as T, etag: String(found.version) };
  }

  async swap(key: string, document: unknown, etag: string | undefined): Promise<boolean> {
    this.writes++;
    const fate = this.fate("swap", key);
    const current = this.values.get(key);
    if (fate === "fails" || etag !== (current === undefined ? undefined : String(current.version))) {
      return false;
    }

    this.#set(key, document);
    return fate === "works";
  }

  async writeOnce(documents: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [key, document] of documents) {
      this.writes++;
      const fate = this.fate("writeOnce", key);
      const before = this.values.get(key)?.text;
      if (before !== undefined && before !== JSON.stringify(document)) {
        throw new Error(`${key} changed from ${before} to ${JSON.stringify(document)}: it was to be written once`);
      }

      if (fate !== "fails") {
        this.#set(key, document);
      }

      // Those before it stay written.
      if (fate !== "works") {
        throw new DependencyUnavailable("the write failed");
      }
    }
  }

  #set(key: string, document: unknown): void {
    this.values.set(key, { text: JSON.stringify(document), version: (this.values.get(key)?.version ?? 0) + 1 });
  }
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface Item {
  readonly key: string;
  readonly value: unknown;
  readonly etag?: string;
  readonly options?: { readonly concurrency?: string };
}

/** The part of a sidecar's HTTP API that the service uses, with a state store in memory. */
export class FakeSidecar {
  readonly values = new Map<string, { value: unknown; version: number }>();
  /** False: the state store has gone. */
  isUp = true;
  /** Tokens that came with the calls. */
  readonly tokens = new Set<string | undefined>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(body === undefined ? "" : JSON.stringify(body));
      });
    });
  }

  static async start(): Promise<FakeSidecar> {
    const sidecar = new FakeSidecar();
    sidecar.#server.listen(0, "127.0.0.1");
    await once(sidecar.#server, "listening");
    return sidecar;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body?: unknown }> {
    let text = "";
    for await (const bytes of request) {
      text += String(bytes);
    }

    this.tokens.add(request.headers["dapr-api-token"] as string | undefined);
    switch (request.url) {
      case "/v1.0/metadata":
        return { status: 200, body: { id: "loyalty" } };
      case "/v1.0/state/statestore/bulk?":
        return { status: 200, body: (JSON.parse(text) as { keys: string[] }).keys.map((key) => this.#read(key)) };
      case "/v1.0/state/statestore?":
        return this.#save(JSON.parse(text) as Item[]);
      default:
        return { status: 404, body: { errorCode: "ERR_NOT_HERE", message: request.url } };
    }
  }

  #read(key: string): unknown {
    const found = this.values.get(key);
    return !this.isUp ? { key, error: "the store is down" } : found === undefined ? { key } : { key, data: found.value, etag: String(found.version) };
  }

  #save(items: readonly Item[]): { status: number; body?: unknown } {
    if (!this.isUp) {
      return { status: 500, body: { errorCode: "ERR_STATE_SAVE", message: "the store is down" } };
    }

    for (const { key, value, etag, options } of items) {
      const current = this.values.get(key);
      if (options?.concurrency === "first-write" && etag !== (current === undefined ? undefined : String(current.version))) {
        return { status: 409, body: { errorCode: "ERR_STATE_SAVE", message: "etag mismatch" } };
      }

      this.values.set(key, { value, version: (current?.version ?? 0) + 1 });
    }

    return { status: 204 };
  }
}

/** A TCP port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

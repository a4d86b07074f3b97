// A sidecar of its own process, started as daprd is, with component files of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.js";

const program = fileURLToPath(new URL("../../../../artifacts/bin/sidecar/debug/sidecar.dll", import.meta.url));

/** A TCP port that nobody listens on at the moment. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** YAML of a component; the members of metadata become its name/value list. */
export function component(name, type, metadata = {}) {
  const entries = Object.entries(metadata).map(([key, value]) => `    - name: ${key}\n      value: ${JSON.stringify(value)}\n`);
  return `apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: ${name}
spec:
  type: ${type}
  version: v1
  metadata:${entries.length === 0 ? " []" : `\n${entries.join("")}`}
`;
}

export class Sidecar {
  #process;
  #folder;
  #said = "";

  /**
   * @param {{appId?: string, appPort?: number, flags?: string[], env?: Record<string, string>}} options
   * @param {Record<string, string>} files component and other resource files, by name
   */
  static async start(options = {}, files = {}) {
    const sidecar = new Sidecar();
    sidecar.httpPort = String(await freePort());
    sidecar.grpcPort = String(await freePort());
    sidecar.folder = sidecar.#folder = await mkdtemp(join(tmpdir(), "js-sidecar-"));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(sidecar.#folder, name), text);
    }

    const flags = [
      "daprd", "--app-id", options.appId ?? "js", "--resources-path", ".", "--log-level", "warn",
      "--dapr-http-port", sidecar.httpPort, "--dapr-grpc-port", sidecar.grpcPort,
      ...(options.appPort ? ["--app-port", String(options.appPort)] : []),
      ...(options.flags ?? []),
    ];
    sidecar.#process = spawn("dotnet", [program, ...flags], { cwd: sidecar.#folder, env: { ...process.env, XDG_STATE_HOME: join(sidecar.#folder, ".state"), ...options.env } });
    for (const stream of [sidecar.#process.stdout, sidecar.#process.stderr]) {
      stream.on("data", (bytes) => (sidecar.#said += bytes));
    }

    // Outbound health: the app may not listen yet, and what an SDK's server waits for is its own affair.
    await eventually(async () => {
      if (sidecar.#process.exitCode !== null) {
        throw new Error(`the sidecar ended with ${sidecar.#process.exitCode}:\n${sidecar.#said}`);
      }

      const answer = await fetch(`http://127.0.0.1:${sidecar.httpPort}/v1.0/healthz/outbound`).catch(() => null);
      return answer?.ok;
    });
    return sidecar;
  }

  get hasExited() {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  get output() {
    return this.#said;
  }

  async stop() {
    if (!this.hasExited) {
      this.#process.kill("SIGKILL");
      await once(this.#process, "exit");
    }

    await rm(this.#folder, { recursive: true });
  }
}

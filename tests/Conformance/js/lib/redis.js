// A Redis server of its own, and as much of its protocol as writing a key takes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { eventually } from "./eventually.js";
import { freePort } from "./sidecar.js";

export class Redis {
  #process;

  static async start() {
    const redis = new Redis();
    redis.port = await freePort();
    redis.#process = spawn("redis-server", ["--port", String(redis.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { stdio: "ignore" });
    await eventually(async () => (await redis.command("PING").catch(() => "")) === "+PONG");
    return redis;
  }

  /** The first line of the answer. */
  async command(...parts) {
    const socket = connect(this.port, "127.0.0.1");
    try {
      await once(socket, "connect");
      socket.write(`*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`);
      const [answer] = await once(socket, "data");
      return answer.toString().split("\r\n")[0];
    } finally {
      socket.destroy();
    }
  }

  async stop() {
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }
}

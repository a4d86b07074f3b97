import { reasonOf } from "./faults.js";
import { Log } from "./logs.js";
import { createService } from "./service.js";
import { readSettings, type Settings } from "./settings.js";

/** Shorter than whoever stops the shop waits for an app. */
const stopLimit = 4_000;

const log = new Log();
const settings = read();
const server = createService(settings, log);

process.on("uncaughtException", (fault) => {
  fail("{Reason}", { Reason: fault.stack ?? fault.message });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    log.info("Stopping on {Signal}", { Signal: signal });
    // What is not done by then is delivered again.
    setTimeout(() => process.exit(0), stopLimit).unref();
    // Requests in hand are answered; new ones find no door.
    server.stop()
      .then(() => server.client.stop())
      .then(() => process.exit(0), (fault: unknown) => fail("The stop failed: {Reason}", { Reason: reasonOf(fault) }));
  });
}

try {
  await server.start();
  log.info("Listening on http://{Address}:{Port}", { Address: settings.address, Port: settings.port });
} catch (fault) {
  fail("The start failed: {Reason}", { Reason: reasonOf(fault) });
}

function read(): Settings {
  try {
    return readSettings(process.env);
  } catch (fault) {
    return fail("{Reason}", { Reason: reasonOf(fault) });
  }
}

function fail(template: string, properties: Readonly<Record<string, unknown>>): never {
  log.fatal(template, properties);
  process.exit(1);
}

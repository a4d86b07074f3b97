/** What the environment says; whoever runs the service sets it, as for every app behind a sidecar. */
export interface Settings {
  readonly port: number;
  readonly address: string;
  readonly sidecarPort: number;
  /** What the sidecar adds to every call; undefined: nobody checks. */
  readonly appToken: string | undefined;
  /** What the sidecar asks of this service; undefined: nothing. */
  readonly sidecarToken: string | undefined;
}

/** @throws {Error} naming the variable that is no good */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return {
    port: port(environment, "APP_PORT", 8086),
    // Loopback unless told otherwise: only the sidecar beside it has business with it.
    address: environment["APP_ADDRESS"] || "127.0.0.1",
    sidecarPort: port(environment, "DAPR_HTTP_PORT", 3506),
    appToken: environment["APP_API_TOKEN"] || undefined,
    sidecarToken: environment["DAPR_API_TOKEN"] || undefined,
  };
}

function port(environment: Readonly<Record<string, string | undefined>>, name: string, byDefault: number): number {
  const text = environment[name] || String(byDefault);
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < 1 || value > 65_535) {
    throw new Error(`${name} is "${text}": give it a port from 1 to 65535`);
  }

  return value;
}

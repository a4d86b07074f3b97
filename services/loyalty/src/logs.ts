import type { LoggerService } from "@dapr/dapr";

export type Level = "Debug" | "Information" | "Warning" | "Error" | "Fatal";

/** Writes one JSON object per line, with the members that the shop's other services use. */
export class Log {
  readonly #write: (line: string) => void;
  readonly #traceId: string | undefined;

  constructor(write: (line: string) => void = (line) => process.stdout.write(line), traceId?: string) {
    this.#write = write;
    this.#traceId = traceId;
  }

  /** The same log for the work of one request. */
  within(traceId: string): Log {
    return new Log(this.#write, traceId);
  }

  info(template: string, properties: Readonly<Record<string, unknown>> = {}): void {
    this.#line("Information", template, properties);
  }

  warn(template: string, properties: Readonly<Record<string, unknown>> = {}): void {
    this.#line("Warning", template, properties);
  }

  error(template: string, properties: Readonly<Record<string, unknown>> = {}): void {
    this.#line("Error", template, properties);
  }

  fatal(template: string, properties: Readonly<Record<string, unknown>> = {}): void {
    this.#line("Fatal", template, properties);
  }

  #line(level: Level, template: string, properties: Readonly<Record<string, unknown>>): void {
    this.#write(`${JSON.stringify({
      Timestamp: new Date().toISOString(),
      Level: level,
      MessageTemplate: template,
      RenderedMessage: template.replace(/\{(\w+)\}/g, (hole, name: string) => (name in properties ? String(properties[name]) : hole)),
      TraceId: this.#traceId,
      Properties: { ...properties, App: "loyalty" },
    })}\n`);
  }
}

/**
 * The SDK's own words. What it calls an error is one answer of the sidecar, such as a lost swap, and whoever asked decides what that is
 * worth: here it is a warning.
 */
export function sdkLogger(log: Log): LoggerService {
  const warn = (message: unknown): void => log.warn("{Message}", { Message: String(message) });
  const nothing = (): void => undefined;
  return { error: warn, warn, info: nothing, verbose: nothing, debug: nothing };
}

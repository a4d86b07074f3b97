// Ids become parts of state keys, so what could mean something there ("/", "|") cannot be in one.

/** As the gateway makes it of a token's subject: percent-encoded, at most 128 characters. */
export function isUserId(text: unknown): text is string {
  return typeof text === "string" && /^[A-Za-z0-9._~%-]{1,128}$/.test(text);
}

/** As the gateway takes it in a path. */
export function isOrderId(text: unknown): text is string {
  return typeof text === "string" && /^[A-Za-z0-9._~-]{1,64}$/.test(text);
}

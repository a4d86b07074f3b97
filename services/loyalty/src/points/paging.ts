export const defaultLimit = 20;
export const maxLimit = 100;

const kind = "points";
const longestCursor = 1024;
const largestNumber = 2 ** 31 - 1;

/** Which part of the list is asked for: at most `limit` entries, with numbers below `before`. */
export interface PageRequest {
  readonly limit: number;
  readonly before: number;
}

/**
 * Reads `limit` and `cursor`.
 * @returns the page, or what is wrong, by member
 */
export function readPage(query: Readonly<Record<string, unknown>>): PageRequest | Record<string, string[]> {
  const errors: Record<string, string[]> = {};
  const limit = query["limit"] === undefined ? defaultLimit : wholeNumber(query["limit"], maxLimit);
  if (limit === undefined || limit < 1) {
    errors["limit"] = [`must be a whole number from 1 to ${maxLimit}`];
  }

  const before = query["cursor"] === undefined ? largestNumber : decodeCursor(query["cursor"]);
  if (before === undefined) {
    errors["cursor"] = ["is not a cursor of this list: pass nextCursor of the previous page unchanged"];
  }

  return limit === undefined || before === undefined || Object.keys(errors).length > 0 ? errors : { limit, before };
}

export function isPage(read: PageRequest | Record<string, string[]>): read is PageRequest {
  return typeof read["limit"] === "number";
}

/** Base64url over a JSON array that begins with the list's kind, as the other lists of the shop make theirs. */
export function encodeCursor(before: number): string {
  return Buffer.from(JSON.stringify([kind, String(before)])).toString("base64url");
}

export function decodeCursor(text: unknown): number | undefined {
  if (typeof text !== "string" || text.length > longestCursor || !/^[A-Za-z0-9_-]+$/.test(text)) {
    return undefined;
  }

  const parts = parse(Buffer.from(text, "base64url").toString("utf8"));
  return Array.isArray(parts) && parts.length === 2 && parts[0] === kind ? wholeNumber(parts[1], largestNumber) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Anything a client made up ends here; the caller answers 400.
    return undefined;
  }
}

function wholeNumber(text: unknown, most: number): number | undefined {
  return typeof text === "string" && /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

/** The state store or the sidecar does not answer, or what a write did stayed unknown: trying again later is right. */
export class DependencyUnavailable extends Error {
  override readonly name = "DependencyUnavailable";
}

/** The text of whatever was thrown. */
export function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

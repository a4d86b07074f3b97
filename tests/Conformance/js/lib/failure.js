/** Why a call of the official client failed: over HTTP some give the error back, over gRPC they throw it. Undefined: it did not. */
export async function failureOf(call) {
  try {
    return (await call)?.error;
  } catch (error) {
    return error;
  }
}

namespace Sidecar.Http.Errors;

/// <summary>Errors that several building blocks share (dapr-contract.md 14).</summary>
internal static class SharedErrors
{
    public static ApiError Malformed(string message) =>
        new(StatusCodes.Status400BadRequest, "ERR_MALFORMED_REQUEST", message);

    public static ApiError MalformedBody(string why) => Malformed($"failed deserializing HTTP body: {why}");

    public static ApiError Internal(string message) =>
        new(StatusCodes.Status500InternalServerError, "ERROR", message);

    public static string IllegalKeyText(string key) => $"input key/keyPrefix '{key}' can't contain '||'";
}

namespace Sidecar.Http.Errors;

/// <summary>Service invocation (dapr-contract.md 1.4, 7.1).</summary>
internal static class InvokeErrors
{
    public static readonly ApiError NoAppId = new(
        StatusCodes.Status404NotFound,
        "ERR_DIRECT_INVOKE",
        "failed getting app id either from the URL path or the header dapr-app-id");

    public static ApiError Failed(string appId, string why) =>
        new(StatusCodes.Status500InternalServerError, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {why}");
}

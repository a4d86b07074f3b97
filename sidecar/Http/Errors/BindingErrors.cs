namespace Sidecar.Http.Errors;

/// <summary>Output bindings (dapr-contract.md 9.3).</summary>
internal static class BindingErrors
{
    public static ApiError Invoke(string name, string why) => new(
        StatusCodes.Status500InternalServerError, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: {why}");
}

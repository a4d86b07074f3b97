using System.Globalization;
using Sidecar.Components;
using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>State management (dapr-contract.md 4.3).</summary>
internal static class StateErrors
{
    private const string SupportedStores = "https://docs.dapr.io/reference/components-reference/supported-state-stores/";

    public static ApiError NotConfigured(string store, string appId) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_STATE_STORE_NOT_CONFIGURED",
        $"state store {store} is not configured",
        new ErrorInfo("DAPR_STATE_NOT_CONFIGURED", ByApp(appId)))
    {
        Code = GrpcStatusCode.FailedPrecondition,
    };

    public static ApiError NotFound(string store, string appId) => new(
        StatusCodes.Status400BadRequest,
        "ERR_STATE_STORE_NOT_FOUND",
        $"state store {store} is not found",
        new ErrorInfo("DAPR_STATE_NOT_FOUND", ByApp(appId)));

    public static ApiError IllegalKey(string store, string key) => new(
        StatusCodes.Status400BadRequest,
        "ERR_MALFORMED_REQUEST",
        SharedErrors.IllegalKeyText(key),
        new ErrorInfo("DAPR_STATE_ILLEGAL_KEY"),
        new ResourceInfo("state", store),
        new BadRequestField(key, SharedErrors.IllegalKeyText(key)));

    public static readonly ApiError KeyEmpty = new(StatusCodes.Status400BadRequest, "ERR_STATE_SAVE", "state key cannot be empty");

    /// <summary>The JSON parser's own error, which daprd passes on without a code.</summary>
    public static ApiError ValueNotJson(string store, string why) =>
        new(StatusCodes.Status400BadRequest, "ERR_STATE_SAVE", $"failed saving state in state store {store}: {why}")
        {
            Code = GrpcStatusCode.Unknown,
        };

    public static ApiError Get(string store, string key, ComponentException fault) => new(
        StatusCodes.Status500InternalServerError, "ERR_STATE_GET", $"fail to get {key} from state store {store}: {fault.Message}");

    public static ApiError BulkGet(ComponentException fault) => new(
        StatusCodes.Status500InternalServerError, "ERR_STATE_BULK_GET", fault.Message);

    public static ApiError Save(string store, ComponentException fault) =>
        new(StatusOf(fault), "ERR_STATE_SAVE", $"failed saving state in state store {store}: {Text(fault)}");

    public static ApiError Delete(string key, ComponentException fault) =>
        new(StatusOf(fault), "ERR_STATE_DELETE", $"failed deleting state with key {key}: {Text(fault)}");

    public static ApiError BulkDelete(string store, ComponentException fault) =>
        new(StatusOf(fault), "ERR_STATE_DELETE_BULK", $"failed deleting state in state store {store}: {Text(fault)}");

    /// <summary>500 whatever the cause, an ETag mismatch included.</summary>
    public static ApiError Transaction(ComponentException fault) => new(
        StatusCodes.Status500InternalServerError, "ERR_STATE_TRANSACTION", $"error while executing state transaction: {Text(fault)}");

    public static ApiError TransactionsNotSupported(string store) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_STATE_STORE_NOT_SUPPORTED",
        $"state store {store} doesn't support transactions",
        new ErrorInfo("DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED"),
        new ResourceInfo("state", store),
        new HelpLink(SupportedStores, "Check the list of state stores and the features they support"))
    {
        Code = GrpcStatusCode.Unimplemented,
    };

    public static ApiError OperationNotSupported(string operation) => new(
        StatusCodes.Status400BadRequest, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {operation} not supported")
    {
        Code = GrpcStatusCode.Unimplemented,
    };

    public static ApiError QueryNotSupported(string store) => new(
        StatusCodes.Status500InternalServerError,
        "ERR_STATE_STORE_NOT_SUPPORTED",
        "state store does not support querying",
        new ErrorInfo("DAPR_STATE_QUERYING_NOT_SUPPORTED"),
        new ResourceInfo("state", store));

    private static int StatusOf(ComponentException fault) => fault.Fault switch
    {
        ComponentFault.EtagMismatch => StatusCodes.Status409Conflict,
        ComponentFault.EtagInvalid => StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static string Text(ComponentException fault) => fault.Fault switch
    {
        ComponentFault.EtagMismatch => $"possible etag mismatch. error from state store: {fault.Message}",
        ComponentFault.EtagInvalid => $"invalid etag value: {fault.Message}",
        _ => fault.Message,
    };

    private static Dictionary<string, string> ByApp(string appId) => new() { ["appID"] = appId };
}

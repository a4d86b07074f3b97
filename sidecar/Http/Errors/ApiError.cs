using Sidecar.Grpc;

namespace Sidecar.Http.Errors;

/// <summary>An error answer of the API, the same for both protocols (dapr-contract.md 14.1); rich ones carry details.</summary>
/// <param name="Status">Of HTTP.</param>
internal sealed record ApiError(int Status, string ErrorCode, string Message, params IReadOnlyList<ErrorDetail> Details)
{
    /// <summary>Of gRPC. Most follow from the HTTP status; the others are said where the error is made.</summary>
    public GrpcStatusCode Code { get; init; } = Status switch
    {
        StatusCodes.Status400BadRequest => GrpcStatusCode.InvalidArgument,
        StatusCodes.Status403Forbidden => GrpcStatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => GrpcStatusCode.NotFound,
        StatusCodes.Status409Conflict => GrpcStatusCode.Aborted,
        _ => GrpcStatusCode.Internal,
    };
}

/// <summary>What an operation of the API gives: a value, or why there is none.</summary>
/// <param name="Error">Null when it succeeded; the value may be null all the same.</param>
internal readonly record struct ApiAnswer<T>(T? Value, ApiError? Error)
{
    public static ApiAnswer<T> Of(T value) => new(value, null);

    public static ApiAnswer<T> Failed(ApiError error) => new(default, error);
}

internal abstract record ErrorDetail;

/// <param name="Metadata">Null is written as null, as daprd does.</param>
internal sealed record ErrorInfo(string Reason, IReadOnlyDictionary<string, string>? Metadata = null) : ErrorDetail
{
    public const string Domain = "dapr.io";
}

internal sealed record ResourceInfo(string ResourceType, string ResourceName, string Description = "") : ErrorDetail;

internal sealed record BadRequestField(string Field, string Description) : ErrorDetail;

internal sealed record HelpLink(string Url, string Description) : ErrorDetail;

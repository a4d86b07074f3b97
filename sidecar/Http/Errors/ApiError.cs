namespace Sidecar.Http.Errors;

/// <summary>An error answer of the HTTP API (dapr-contract.md 14.1); rich ones carry details.</summary>
internal sealed record ApiError(int Status, string ErrorCode, string Message, params IReadOnlyList<ErrorDetail> Details);

internal abstract record ErrorDetail;

/// <param name="Metadata">Null is written as null, as daprd does.</param>
internal sealed record ErrorInfo(string Reason, IReadOnlyDictionary<string, string>? Metadata = null) : ErrorDetail;

internal sealed record ResourceInfo(string ResourceType, string ResourceName, string Description = "") : ErrorDetail;

internal sealed record BadRequestField(string Field, string Description) : ErrorDetail;

internal sealed record HelpLink(string Url, string Description) : ErrorDetail;

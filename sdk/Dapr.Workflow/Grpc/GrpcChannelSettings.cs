namespace Dapr.Workflow.Grpc;

/// <summary>Where a channel leads, and its limits.</summary>
internal sealed record GrpcChannelSettings(Uri Address)
{
    /// <summary>Sent as <c>dapr-api-token</c> with every call; empty for none.</summary>
    public string ApiToken { get; init; } = string.Empty;

    /// <summary>Largest message that is read, in bytes.</summary>
    public int MaxReceiveMessageSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>Largest message that is sent, in bytes; null for no limit of our own.</summary>
    public int? MaxSendMessageSize { get; init; }
}

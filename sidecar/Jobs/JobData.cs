namespace Sidecar.Jobs;

/// <summary>What a job brings to the app.</summary>
/// <param name="TypeUrl">Of the protobuf message; that of <see cref="JsonType"/> for JSON.</param>
/// <param name="Bytes">The message; with <see cref="JsonType"/> the JSON text as the client wrote it.</param>
internal sealed record JobData(string TypeUrl, ReadOnlyMemory<byte> Bytes)
{
    public const string JsonType = "type.googleapis.com/google.protobuf.Value";

    public bool IsJson => TypeUrl == JsonType;
}

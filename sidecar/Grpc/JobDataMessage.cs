using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Jobs;

namespace Sidecar.Grpc;

/// <summary>A job's data as a message: JSON is a protobuf value, everything else is what the client sent.</summary>
internal static class JobDataMessage
{
    /// <summary>Throws <see cref="GrpcException"/> for a value that is none.</summary>
    public static JobData? Read(Any? data)
    {
        if (data is null)
        {
            return null;
        }

        try
        {
            return data.TypeUrl == JobData.JsonType
                ? new JobData(data.TypeUrl, Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(Value.Parser.ParseFrom(data.Value))))
                : new JobData(data.TypeUrl, data.Value.ToByteArray());
        }
        catch (Exception mistake) when (mistake is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"job data: {mistake.Message}", mistake);
        }
    }

    public static Any Write(JobData data) => new()
    {
        TypeUrl = data.TypeUrl,
        Value = data.IsJson ? Value.Parser.ParseJson(Encoding.UTF8.GetString(data.Bytes.Span)).ToByteString() : ByteString.CopyFrom(data.Bytes.Span),
    };
}

using Google.Protobuf.WellKnownTypes;
using Sidecar.Api;
using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Publishing;

namespace Sidecar.Grpc;

/// <summary>Publishing over gRPC (dapr-contract.md 5.1).</summary>
internal sealed class PublishService(PublishApi publishing) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("PublishEvent", PublishEventRequest.Parser, PublishAsync),
        .. DaprService.Unary(["BulkPublishEvent", "BulkPublishEventAlpha1"], BulkPublishRequest.Parser, PublishManyAsync),
    ];

    private async Task<Empty> PublishAsync(PublishEventRequest request, GrpcCall call)
    {
        DaprService.ThrowIf(publishing.Refuse(request.PubsubName, request.Topic, request.Metadata));
        DaprService.ThrowIf(await publishing.PublishAsync(
            request.PubsubName, request.Topic, request.Data.Memory, request.DataContentType, WithTrace(request, call), call.Trace, call.Cancelled));
        return new Empty();
    }

    /// <summary>An entry that was not published is no error of the call.</summary>
    private async Task<BulkPublishResponse> PublishManyAsync(BulkPublishRequest request, GrpcCall call)
    {
        DaprService.ThrowIf(publishing.Refuse(request.PubsubName, request.Topic, request.Metadata));
        var entries = request.Entries
            .Select(entry => new BulkEntry(entry.EntryId, entry.Event.Memory, entry.ContentType, entry.Metadata))
            .ToList();
        var failed = DaprService.ValueOf(await publishing.PublishManyAsync(
            request.PubsubName, request.Topic, entries, request.Metadata, call.Trace, call.Cancelled))!;
        return new BulkPublishResponse
        {
            FailedEntries = { failed.Select(entry => new BulkPublishResponseFailedEntry { EntryId = entry.EntryId, Error = entry.Error }) },
        };
    }

    // A raw payload has no envelope to carry its trace; over gRPC the message's metadata does.
    private static IReadOnlyDictionary<string, string> WithTrace(PublishEventRequest request, GrpcCall call) =>
        PublishMetadata.TryGetRawPayload(request.Metadata, out var isRaw, out _) && isRaw
            ? new Dictionary<string, string>(request.Metadata)
            {
                [CloudEventAttributes.TraceId] = call.Trace.Traceparent,
                [CloudEventAttributes.TraceState] = call.Trace.Tracestate,
            }
            : request.Metadata;
}

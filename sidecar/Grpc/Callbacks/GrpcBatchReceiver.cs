using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Tracing;
using Status = Sidecar.Grpc.DaprApi.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Sidecar.Grpc.Callbacks;

/// <summary>The app behind its gRPC service: OnBulkTopicEvent, or its alpha name (dapr-contract.md 5.6).</summary>
internal sealed partial class GrpcBatchReceiver(AppCallback app, Subscription subscription, ILogger logger) : IBatchReceiver
{
    public async Task<IReadOnlyList<AppAnswer>> SendAsync(
        IReadOnlyList<BatchEntry> batch, string path, TraceContext trace, CancellationToken cancellationToken)
    {
        var request = BulkEventMessage.Of(RandomId.NewUuid(), subscription, batch, path, out var untold);
        if (request.Entries.Count == 0)
        {
            return [.. batch.Select(entry => Untold(untold[entry.Id]))];
        }

        try
        {
            var reply = await app.CallOrAlphaAsync("OnBulkTopicEvent", request, TopicEventBulkResponse.Parser, request.Metadata, trace, cancellationToken);
            var statuses = StatusesIn(reply.Message, request);
            return [.. batch.Select(entry => untold.TryGetValue(entry.Id, out var why) ? Untold(why) : Judge(statuses, entry.Id))];
        }
        catch (GrpcException failure) when (failure.Status == GrpcStatusCode.Unimplemented)
        {
            // As daprd: done with, and not even for the dead-letter topic.
            LogUnimplemented(logger, batch.Count, subscription.Topic, failure.Message);
            return [.. batch.Select(_ => new AppAnswer(Verdict.Success, "") { IsHomeless = true })];
        }
        catch (GrpcException failure)
        {
            var whole = new AppAnswer(Verdict.Retry, $"the app answered {failure.Status}: {failure.Message}", (int)failure.Status);
            return [.. batch.Select(_ => whole)];
        }
    }

    private static AppAnswer Untold(string why) => new(Verdict.Retry, $"the event is no message: {why}");

    private static AppAnswer Judge(Dictionary<string, Status> statuses, string id) =>
        !statuses.TryGetValue(id, out var status)
            ? new AppAnswer(Verdict.Retry, "the app's answer does not name the entry")
            : status switch
            {
                Status.Success => new AppAnswer(Verdict.Success, ""),
                Status.Retry => new AppAnswer(Verdict.Retry, "the app answered RETRY"),
                Status.Drop => new AppAnswer(Verdict.Drop, "the app answered DROP"),
                var other => new AppAnswer(Verdict.Retry, $"the app answered the unknown status {(int)other}"),
            };

    private Dictionary<string, Status> StatusesIn(TopicEventBulkResponse answer, TopicEventBulkRequest request)
    {
        var known = request.Entries.Select(entry => entry.EntryId).ToHashSet(StringComparer.Ordinal);
        var statuses = new Dictionary<string, Status>(StringComparer.Ordinal);
        foreach (var answered in answer.Statuses)
        {
            if (known.Contains(answered.EntryId))
            {
                statuses[answered.EntryId] = answered.Status;
            }
            else
            {
                LogUnknownEntry(logger, answered.EntryId, subscription.Topic);
            }
        }

        return statuses;
    }

    [LoggerMessage(LogLevel.Warning, "{Count} events of topic {Topic} were dropped: the app implements neither OnBulkTopicEvent nor its alpha form: {Reason}")]
    private static partial void LogUnimplemented(ILogger logger, int count, string topic, string reason);

    [LoggerMessage(LogLevel.Warning, "The app answered about entry {EntryId}, which was not in the batch of topic {Topic}")]
    private static partial void LogUnknownEntry(ILogger logger, string entryId, string topic);
}

using Sidecar.Components.PubSub;
using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Delivery;
using Sidecar.Tracing;
using Status = Sidecar.Grpc.DaprApi.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Sidecar.Grpc.Callbacks;

/// <summary>The app behind its gRPC service (dapr-contract.md 5.4).</summary>
internal sealed partial class GrpcEventReceiver(AppCallback app, string pubSub, ILogger logger) : IEventReceiver
{
    public async Task<AppAnswer> SendAsync(
        IncomingMessage message, ReceivedEvent received, string path, TraceContext trace, CancellationToken cancellationToken)
    {
        var request = TopicEventMessage.Of(received.Attributes, pubSub, message.Topic, path);
        try
        {
            var reply = await app.CallAsync("OnTopicEvent", request, TopicEventResponse.Parser, message.Metadata, trace, cancellationToken);
            return reply.Message.Status switch
            {
                Status.Success => new AppAnswer(Verdict.Success, ""),
                Status.Retry => new AppAnswer(Verdict.Retry, "the app answered RETRY"),
                Status.Drop => new AppAnswer(Verdict.Drop, "the app answered DROP"),
                var other => new AppAnswer(Verdict.Retry, $"the app answered the unknown status {(int)other}"),
            };
        }
        catch (GrpcException failure) when (failure.Status == GrpcStatusCode.Unimplemented)
        {
            // As daprd: done with, and not even for the dead-letter topic.
            LogUnimplemented(logger, received.Id, message.Topic, failure.Message);
            return new AppAnswer(Verdict.Success, "") { IsHomeless = true };
        }
        catch (GrpcException failure)
        {
            return new AppAnswer(Verdict.Retry, $"the app answered {failure.Status}: {failure.Message}", (int)failure.Status);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Event {EventId} of topic {Topic} was dropped: the app does not implement OnTopicEvent: {Reason}")]
    private static partial void LogUnimplemented(ILogger logger, string eventId, string topic, string reason);
}

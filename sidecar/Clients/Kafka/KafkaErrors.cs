using Confluent.Kafka;
using Sidecar.Components;

namespace Sidecar.Clients.Kafka;

/// <summary>librdkafka's errors as the one exception that drivers throw.</summary>
internal static class KafkaErrors
{
    public static ComponentException Wrap(string doing, KafkaException exception) =>
        new(FaultOf(exception.Error.Code), $"kafka: {doing}: {Describe(exception.Error)}", exception);

    /// <summary>The reason names broker and address where librdkafka knows them; the code is what its documentation lists.</summary>
    public static string Describe(Error error) => error.Code switch
    {
        ErrorCode.Local_MsgTimedOut => "no broker confirmed the message in time; whether it was stored is unknown",
        ErrorCode.Local_QueueFull => "too many messages wait for the broker already",
        ErrorCode.Local_UnknownTopic or ErrorCode.UnknownTopicOrPart => "the topic does not exist and the broker does not create it",
        _ => $"{error.Reason} ({error.Code})",
    };

    private static ComponentFault FaultOf(ErrorCode code) => code switch
    {
        ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidRecord or ErrorCode.Local_UnknownPartition
            or ErrorCode.TopicException => ComponentFault.BadRequest,
        _ => ComponentFault.Failed,
    };
}

#nullable disable
using Dapr;
using Dapr.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Subscribes endpoints to topics.</summary>
public static class DaprEndpointConventionBuilderExtensions
{
    /// <summary>Subscribes the endpoint to a topic.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name)
        where T : IEndpointConventionBuilder =>
        builder.WithTopic(pubsubName, name, enableRawPayload: false, metadata: null);

    /// <summary>Subscribes the endpoint to a topic, with metadata.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder =>
        builder.WithTopic(pubsubName, name, enableRawPayload: false, metadata);

    /// <summary>Subscribes the endpoint to a topic whose messages may have no envelope.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name, bool enableRawPayload)
        where T : IEndpointConventionBuilder =>
        builder.WithTopic(pubsubName, name, enableRawPayload, metadata: null);

    /// <summary>Subscribes the endpoint to a topic whose messages may have no envelope, with metadata.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name, bool enableRawPayload, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.WithMetadata(new TopicAttribute(pubsubName, name, enableRawPayload));
        return builder.WithEntries(metadata);
    }

    /// <summary>Subscribes the endpoint to a topic.</summary>
    public static T WithTopic<T>(this T builder, TopicOptions topicOptions)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(topicOptions);
        builder.WithMetadata(new TopicAttribute(topicOptions.PubsubName, topicOptions.Name, topicOptions.DeadLetterTopic, topicOptions.EnableRawPayload)
        {
            Match = topicOptions.Match,
            Priority = topicOptions.Priority,
            OwnedMetadatas = topicOptions.OwnedMetadatas,
        });
        return builder.WithEntries(topicOptions.Metadata);
    }

    /// <summary>Asks for the messages of a topic that the endpoint subscribes to in batches: <see cref="BulkSubscribeMessage{TValue}"/>.</summary>
    public static T WithBulkSubscribe<T>(this T builder, BulkSubscribeTopicOptions bulkSubscribeTopicOptions)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(bulkSubscribeTopicOptions);
        ArgumentException.ThrowIfNullOrEmpty(bulkSubscribeTopicOptions.TopicName, nameof(bulkSubscribeTopicOptions) + "." + nameof(bulkSubscribeTopicOptions.TopicName));
        builder.WithMetadata(new BulkSubscribeAttribute(
            bulkSubscribeTopicOptions.TopicName, bulkSubscribeTopicOptions.MaxMessagesCount, bulkSubscribeTopicOptions.MaxAwaitDurationMs));
        return builder;
    }

    private static T WithEntries<T>(this T builder, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder
    {
        if (metadata is not null)
        {
            foreach (var (name, value) in metadata)
            {
                builder.WithMetadata(new TopicMetadataAttribute(name, value));
            }
        }

        return builder;
    }
}

using System.Diagnostics.Metrics;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.ServiceDefaults.Messaging;

/// <summary>What becomes of messages, counted by topic, subscription and outcome.</summary>
public sealed class MessageCounters
{
    public const string Name = "shop.messages";

    private readonly Counter<long> _messages;

    public MessageCounters(IMeterFactory meters) => _messages = meters.Create(ShopActivity.SourceName).CreateCounter<long>(
        Name, "{message}", "Messages by what became of them: at their consumer, and as dead letters.");

    public void Count(Subscription subscription, MessageOutcome outcome) => _messages.Add(
        1,
        new KeyValuePair<string, object?>("topic", subscription.Topic),
        new KeyValuePair<string, object?>("subscription", subscription.Name),
        new KeyValuePair<string, object?>("outcome", Text(outcome)));

    private static string Text(MessageOutcome outcome) => outcome switch
    {
        MessageOutcome.Delivered => "delivered",
        MessageOutcome.Duplicate => "duplicate",
        MessageOutcome.Retried => "retried",
        MessageOutcome.Dropped => "dropped",
        MessageOutcome.DeadLettered => "dead-lettered",
        MessageOutcome.Replayed => "replayed",
        _ => "discarded",
    };
}

public enum MessageOutcome
{
    /// <summary>It took effect.</summary>
    Delivered,

    /// <summary>It had taken effect before.</summary>
    Duplicate,

    /// <summary>It failed and is to come again; once for each attempt.</summary>
    Retried,

    /// <summary>Its consumer refused it for good.</summary>
    Dropped,

    /// <summary>It is stored as a dead letter: refused for good, or failed too often.</summary>
    DeadLettered,

    /// <summary>A dead letter that its consumer took at last.</summary>
    Replayed,

    /// <summary>A dead letter that an operator gave up.</summary>
    Discarded,
}

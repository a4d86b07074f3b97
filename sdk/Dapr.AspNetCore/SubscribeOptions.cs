namespace Dapr;

/// <summary>Settings for all subscriptions of the application.</summary>
public class SubscribeOptions
{
    /// <summary>Asks for messages without an envelope on every topic.</summary>
    public bool EnableRawPayload { get; set; }
}

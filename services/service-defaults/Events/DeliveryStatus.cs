namespace DaprShop.ServiceDefaults.Events;

/// <summary>What a subscriber tells its sidecar about an event.</summary>
public enum DeliveryStatus
{
    /// <summary>Not handled: it comes again, by the subscription's policy.</summary>
    Retry,

    Success,

    /// <summary>On purpose: no retry makes it good. It goes to the dead-letter topic.</summary>
    Drop,
}

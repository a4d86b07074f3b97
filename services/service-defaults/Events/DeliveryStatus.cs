namespace DaprShop.ServiceDefaults.Events;

/// <summary>What became of an event at its subscriber.</summary>
public enum DeliveryStatus
{
    /// <summary>Not handled: it comes again, by the subscription's policy.</summary>
    Retry,

    Success,

    /// <summary>Its effect was there already. The sidecar is told as of a success.</summary>
    Duplicate,

    /// <summary>On purpose: no retry makes it good. It goes to the dead-letter topic.</summary>
    Drop,
}

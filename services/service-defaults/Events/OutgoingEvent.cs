namespace DaprShop.ServiceDefaults.Events;

/// <summary>An event to be published.</summary>
/// <param name="Id">Derived from what happened, so that a consumer sees a repeat as one.</param>
/// <param name="Type">What subscriptions are routed by.</param>
/// <param name="Key">Events of one key keep their order where a broker has partitions.</param>
/// <param name="Body">Written as JSON.</param>
public sealed record OutgoingEvent(string Topic, string Id, string Type, string Key, object Body);

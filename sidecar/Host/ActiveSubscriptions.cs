namespace Sidecar.Host;

internal sealed record ActiveSubscriptionRule(string Match, string Path);

/// <param name="Type">DECLARATIVE, PROGRAMMATIC or STREAMING.</param>
internal sealed record ActiveSubscription(
    string PubsubName,
    string Topic,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<ActiveSubscriptionRule> Rules,
    string? DeadLetterTopic,
    string Type);

/// <summary>
/// What the metadata API says about subscriptions: those of the app, which come as a whole, and those of streams, which
/// come and go one by one.
/// </summary>
internal sealed class ActiveSubscriptions
{
    private readonly Lock _gate = new();
    private readonly List<ActiveSubscription> _streams = [];
    private IReadOnlyList<ActiveSubscription> _ofApp = [];

    public IReadOnlyList<ActiveSubscription> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _ofApp, .. _streams];
            }
        }
    }

    public void Replace(IReadOnlyList<ActiveSubscription> ofApp)
    {
        lock (_gate)
        {
            _ofApp = ofApp;
        }
    }

    public void Add(ActiveSubscription stream)
    {
        lock (_gate)
        {
            _streams.Add(stream);
        }
    }

    public void Remove(ActiveSubscription stream)
    {
        lock (_gate)
        {
            _streams.RemoveAll(one => ReferenceEquals(one, stream));
        }
    }
}

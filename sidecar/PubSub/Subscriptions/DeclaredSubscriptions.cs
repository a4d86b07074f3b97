using Sidecar.Configuration;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>The subscriptions of the resource files as they are now.</summary>
internal sealed class DeclaredSubscriptions
{
    private volatile IReadOnlyList<(string Content, Subscription Subscription)> _current;

    public DeclaredSubscriptions(SidecarResources resources) => _current = [.. resources.Subscriptions.Select(New)];

    public IEnumerable<Subscription> Current => _current.Select(one => one.Subscription);

    /// <summary>What has not changed stays the same object, so that nobody restarts it. False: nothing has.</summary>
    public bool Replace(IReadOnlyList<SubscriptionSpec> specs)
    {
        var before = _current;
        _current = [.. specs.Select(spec => before.FirstOrDefault(one => one.Content == spec.Content) is { Content: not null } same ? same : New(spec))];
        return !before.Select(one => one.Subscription).SequenceEqual(_current.Select(one => one.Subscription), ReferenceEqualityComparer.Instance);
    }

    private static (string Content, Subscription Subscription) New(SubscriptionSpec spec) => (spec.Content, Subscription.From(spec));
}

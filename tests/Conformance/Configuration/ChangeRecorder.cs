using System.Collections.Concurrent;
using DaprShop.TestKit;
using Sidecar.Components.Configuration;

namespace DaprShop.Tests.Configuration;

/// <summary>A handler that remembers what it was told, in order.</summary>
internal sealed class ChangeRecorder
{
    private readonly ConcurrentQueue<(string Key, ConfigurationItem Item)> _changes = new();
    private int _calls;

    /// <summary>Awaited in each call after it was noted; throws to make the handler fail.</summary>
    public Func<CancellationToken, Task> Then { get; set; } = _ => Task.CompletedTask;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>"key=value", or "key=" for one that is gone.</summary>
    public IReadOnlyList<string> Texts => [.. _changes.Select(change => $"{change.Key}={change.Item.Value}")];

    public IReadOnlyList<(string Key, ConfigurationItem Item)> Changes => [.. _changes];

    public Task HandleAsync(IReadOnlyDictionary<string, ConfigurationItem> changed, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        foreach (var (key, item) in changed.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            _changes.Enqueue((key, item));
        }

        return Then(cancellationToken);
    }

    /// <summary>Waits until it was told this; what else it was told does not matter.</summary>
    public Task WaitForAsync(string text) => Eventually.Get(() => string.Join("; ", Texts.TakeLast(20)), _ => Texts.Contains(text));
}

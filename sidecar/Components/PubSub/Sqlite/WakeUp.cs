using System.Threading.Channels;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>Remembers one knock: set while nobody waits, it ends the next wait at once.</summary>
internal sealed class WakeUp(TimeProvider clock)
{
    private readonly Channel<bool> _knocks =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _knocks.Writer.TryWrite(true);

    /// <summary>Returns at the next knock, at the latest after the given time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        await using var timer = clock.CreateTimer(state => ((WakeUp)state!).Set(), this, atMost, Timeout.InfiniteTimeSpan);
        await _knocks.Reader.ReadAsync(cancellationToken);
    }
}

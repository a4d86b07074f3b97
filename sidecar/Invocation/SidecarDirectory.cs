using System.Collections.Concurrent;

namespace Sidecar.Invocation;

/// <summary>
/// App id to app channels for the sidecars of this process: the launcher hosts one per entry, so an invocation needs no
/// second network hop. Several of one app id are its replicas, which take turns.
/// </summary>
internal sealed class SidecarDirectory
{
    private readonly ConcurrentDictionary<string, Replicas> _apps = new(StringComparer.Ordinal);

    public void Register(string appId, IAppChannel channel) => _apps.GetOrAdd(appId, _ => new Replicas()).Add(channel);

    public void Unregister(string appId, IAppChannel channel) => _apps.GetValueOrDefault(appId)?.Remove(channel);

    /// <summary>True when there is a channel, healthy or not. Takes nobody's turn.</summary>
    public bool Has(string appId) => _apps.GetValueOrDefault(appId) is { IsEmpty: false };

    /// <summary>The next healthy one in turn; when none is, the next one, which says so when it is called. Null: there is none.</summary>
    public IAppChannel? Find(string appId) => _apps.GetValueOrDefault(appId)?.Next();

    /// <summary>Turns are taken per app: with one turn for all, callers that alternate between two apps would meet the same replica each time.</summary>
    private sealed class Replicas
    {
        private readonly Lock _gate = new();
        private volatile IAppChannel[] _channels = [];
        private uint _turn;

        public bool IsEmpty => _channels.Length == 0;

        public void Add(IAppChannel channel)
        {
            lock (_gate)
            {
                _channels = [.. _channels.Where(other => other != channel), channel];
            }
        }

        public void Remove(IAppChannel channel)
        {
            lock (_gate)
            {
                _channels = [.. _channels.Where(other => other != channel)];
            }
        }

        public IAppChannel? Next()
        {
            var channels = _channels;
            if (channels.Length <= 1)
            {
                return channels.Length == 0 ? null : channels[0];
            }

            var first = Interlocked.Increment(ref _turn);
            for (uint n = 0; n < channels.Length; n++)
            {
                if (channels[(first + n) % channels.Length] is { IsHealthy: true } healthy)
                {
                    return healthy;
                }
            }

            return channels[first % channels.Length];
        }
    }
}

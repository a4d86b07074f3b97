using System.Collections.Concurrent;
using System.Security.Cryptography;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;

namespace Sidecar.NameResolution;

/// <summary>
/// The sidecars in other processes: this one signs the register while it lives, and finds the others there. Replicas of an app take
/// turns; one that cannot be reached is left out until it gives a new sign of life.
/// </summary>
internal sealed partial class Peers : IAsyncDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(500);

    private readonly ReplicaRegister? _register;
    private readonly PeerClient _client;
    private readonly SidecarOptions _options;
    private readonly NameResolutionSpec _spec;
    private readonly TimeProvider _clock;
    private readonly ILogger<Peers> _logger;
    private readonly ConcurrentDictionary<(string AppId, string Namespace), Known> _known = new();
    private readonly ConcurrentDictionary<string, long> _unreachable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _signing = Task.CompletedTask;
    private volatile bool _isOpen;
    private uint _turn;

    public Peers(
        SidecarOptions options, SidecarProcess process, SidecarResources resources, PeerClient client, ILoggerFactory loggers)
    {
        (_options, _client, _clock, _logger) = (options, client, process.Clock, loggers.CreateLogger<Peers>());
        _spec = resources.Configuration.NameResolution ?? new NameResolutionSpec();
        IsExplicit = _spec.ConnectionString is not null;
        if (IsExplicit || process.FindsPeers)
        {
            var path = IsExplicit ? Path.GetFullPath(_spec.ConnectionString!, Path.GetFullPath(options.DataDirectory)) : DefaultPath();
            _register = new ReplicaRegister(
                path,
                $"sidecar_{_spec.TableName}",
                _spec.UpdateInterval * 3,
                new ComponentContext(options.AppId, options.DataDirectory, options.SecretDirectories, process.Clock, loggers, process.Clients));
        }
    }

    /// <summary>False: this sidecar knows those of its own process only, and has no internal port.</summary>
    public bool IsOn => _register is not null;

    /// <summary>What a peer has to know to be let in; new at each start.</summary>
    public string Secret { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    private bool IsExplicit { get; }

    /// <summary>
    /// Opens the register and signs it. Without a Configuration that asks for it a register that cannot be used is a warning: the
    /// sidecar's own app needs none.
    /// </summary>
    public async Task StartAsync(int internalPort, CancellationToken cancellationToken)
    {
        var host = Environment.GetEnvironmentVariable("DAPR_HOST_IP") is { Length: > 0 } address ? address : "127.0.0.1";
        var self = new Replica(RandomId.NewUuid(), _options.AppId, _options.Namespace, $"http://{host}:{internalPort}", Secret, 0);
        try
        {
            await _register!.OpenAsync(cancellationToken);
            _isOpen = true;
            if (_options.AppPort is not null)
            {
                await _register.SignAsync(self, cancellationToken);
                _signing = Task.Run(() => SignUntilStoppedAsync(self, _stop.Token), CancellationToken.None);
            }
        }
        catch (ComponentException failure) when (!IsExplicit)
        {
            LogNoRegister(_logger, failure.Message);
        }
    }

    /// <summary>A replica of the app, the next in turn; null when there is none that could be reached.</summary>
    /// <param name="existed">True when there are some, all out of reach.</param>
    public async Task<(IAppChannel? Channel, bool Existed)> FindAsync(string appId, string appNamespace, CancellationToken cancellationToken)
    {
        if (!_isOpen)
        {
            return (null, false);
        }

        var all = await LookUpAsync((appId, appNamespace), cancellationToken);
        var reachable = all.Where(replica => !_unreachable.TryGetValue(replica.Id, out var since) || replica.LastSeen > since).ToList();
        return reachable.Count == 0
            ? (null, all.Count > 0)
            : (new PeerChannel(reachable[(int)(Interlocked.Increment(ref _turn) % (uint)reachable.Count)], _client, LeaveOut), true);
    }

    /// <summary>Off the register: no peer begins another call.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _signing.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _signing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static string DefaultPath()
    {
        var folder = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { } state && Path.IsPathRooted(state)
            ? state
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(folder, typeof(Peers).Assembly.GetName().Name!, "names.db");
    }

    private async Task<IReadOnlyList<Replica>> LookUpAsync((string AppId, string Namespace) app, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        if (_known.TryGetValue(app, out var known) && now - known.ReadAt < Freshness)
        {
            return known.Replicas;
        }

        try
        {
            var found = await _register!.FindAsync(app.AppId, app.Namespace, cancellationToken);
            if (found.Count > 0)
            {
                _known[app] = new Known(found, now);
            }

            return found;
        }
        catch (ComponentException failure)
        {
            throw new AppNotFoundException($"couldn't find service: {app.AppId}: {failure.Message}");
        }
    }

    private void LeaveOut(Replica replica, Exception failure)
    {
        _unreachable[replica.Id] = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        LogUnreachable(_logger, replica.AppId, replica.Address, failure.Message);
    }

    private async Task SignUntilStoppedAsync(Replica self, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_spec.UpdateInterval - TimeSpan.FromSeconds(1), _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var isLast = cancellationToken.IsCancellationRequested;
            try
            {
                await (isLast ? _register!.RemoveAsync(self.Id, CancellationToken.None) : _register!.SignAsync(self, CancellationToken.None));
            }
            catch (ComponentException failure)
            {
                LogNotSigned(_logger, failure.Message);
            }

            if (isLast)
            {
                return;
            }
        }
    }

    private sealed record Known(IReadOnlyList<Replica> Replicas, DateTimeOffset ReadAt);

    [LoggerMessage(LogLevel.Warning, "The register of sidecars cannot be used, so apps of other processes are not found: {Reason}")]
    private static partial void LogNoRegister(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "The sidecar of {AppId} at {Address} is left out until it gives a sign of life: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string appId, string address, string reason);

    [LoggerMessage(LogLevel.Warning, "The register of sidecars could not be written: {Reason}")]
    private static partial void LogNotSigned(ILogger logger, string reason);
}

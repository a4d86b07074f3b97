using Sidecar.Components;
using Sidecar.Host;

namespace Sidecar.Actors.Placement;

/// <summary>
/// Placement among sidecars in processes of their own, by leases in the state store (docs/decisions/0016-actors.md).
/// A member renews its lease and reads the members at every beat. When they have changed it lets go of what is no longer
/// its own and says so; once all have, the new owners begin. A member that cannot renew its lease cuts its turns off
/// before the lease ends, so the others may take over at its end.
/// </summary>
internal sealed partial class StorePlacement : IActorPlacement, IDisposable
{
    /// <summary>How long a member that has gone silent keeps its actors.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>A member stops this long before its lease ends and the others wait this long after it: what the clocks may differ by, twice.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly MembershipStore _store;
    private readonly SidecarOptions _options;
    private readonly RemoteActors _remotes;
    private readonly TimeProvider _clock;
    private readonly ILogger<StorePlacement> _logger;
    private volatile View _view = new([MemberTable.Empty], IsSettled: false, DateTimeOffset.MinValue, -1);
    private ILocalActorHost? _host;
    private Member? _self;
    private CancellationTokenSource _stop = new();
    private Task _beating = Task.CompletedTask;
    private Task _moving = Task.CompletedTask;
    private TaskCompletionSource _joined = new();
    private long _leaseUntil;
    private volatile bool _isLeaving;
    private bool _isDisposed;

    public StorePlacement(MembershipStore store, SidecarOptions options, RemoteActors remotes, TimeProvider clock, ILogger<StorePlacement> logger) =>
        (_store, _options, _remotes, _clock, _logger) = (store, options, remotes, clock, logger);

    public async ValueTask<IActorHost?> OwnerOfAsync(ActorAddress actor, CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(cancellationToken);
            var view = _view;
            var owner = view.Owner(actor);
            if (view.IsSettled || (owner is not null && view.IsUnchanged(actor, owner.HostId)) || !_store.IsThere)
            {
                return owner is null ? null : owner.HostId == _self?.HostId ? _host : _remotes.At(owner.Address);
            }

            await Task.Delay(Beat / 4, _clock, cancellationToken);
        }
    }

    public async Task JoinAsync(ILocalActorHost host, IReadOnlyCollection<string> types, CancellationToken cancellationToken)
    {
        var address = ApiSockets.Of(_options) is { } sockets
            ? RemoteActors.SocketScheme + sockets.Http
            : $"http://{Environment.GetEnvironmentVariable("DAPR_HOST_IP") ?? "127.0.0.1"}:{_options.HttpPort}";
        _self = new Member(host.HostId, _options.AppId, address, [.. types], default, 0);
        (_host, _isLeaving, _joined, _stop) = (host, false, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new CancellationTokenSource());
        Forget();
        _beating = Task.Run(() => BeatUntilStoppedAsync(_stop.Token), CancellationToken.None);
        await _joined.Task.WaitAsync(cancellationToken);
    }

    public async Task LeaveAsync(ILocalActorHost host, CancellationToken cancellationToken)
    {
        if (_host is null || _self is not { } self)
        {
            return;
        }

        // The lease is renewed while turns in hand end: they may take as long as their type gives them.
        _isLeaving = true;
        await host.KeepOnlyAsync(_ => false);
        await _stop.CancelAsync();
        await _beating.WaitAsync(cancellationToken);
        (_host, _self) = (null, null);
        Forget();
        await RemoveAsync(self.HostId, cancellationToken);
    }

    public void Dispose()
    {
        // The container knows this under two names and disposes it once for each.
        if (!_isDisposed)
        {
            _isDisposed = true;
            _stop.Cancel();
            _stop.Dispose();
        }
    }

    // Who hosts nothing reads the members when somebody asks for one; a member's beat does it anyway.
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (_host is not null || !_store.IsThere || _clock.GetUtcNow() - _view.ReadAt < Beat / 4)
        {
            return;
        }

        try
        {
            var membership = (await _store.LoadAsync(cancellationToken)).Membership;
            Observe(membership);
            var view = _view;
            _view = view with
            {
                Since = membership.IsSettled ? [view.Since[^1]] : view.Since,
                IsSettled = membership.IsSettled,
                ReadAt = _clock.GetUtcNow(),
            };
        }
        catch (ComponentException failure)
        {
            throw new ActorException(ActorFault.Store, $"failed to lookup actor: {failure.Message}", failure);
        }
    }

    private async Task BeatUntilStoppedAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var isDone = true;
                try
                {
                    // A store that does not answer must not keep this host from noticing that its lease ends.
                    using var limit = new CancellationTokenSource(Beat * 2, _clock);
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                    isDone = await BeatAsync(either.Token);
                }
                catch (Exception failure) when (failure is ComponentException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
                {
                    LogBeatFailed(_logger, failure);
                }

                if (_view.IsHeld && _clock.GetUtcNow().UtcTicks >= Interlocked.Read(ref _leaseUntil))
                {
                    LogLeaseLost(_logger);
                    await FenceAsync();
                }

                if (isDone)
                {
                    await Task.Delay(Beat, _clock, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogEnded(_logger);
        }
    }

    /// <summary>False when there is more to do at once.</summary>
    private async Task<bool> BeatAsync(CancellationToken cancellationToken)
    {
        var (began, self, host) = (_clock.GetUtcNow(), _self!, _host!);
        var stored = await _store.LoadAsync(cancellationToken);
        var membership = stored.Membership;
        if (membership.Find(self.HostId) is not { } own)
        {
            // At the start, and when the others took this host for dead: it begins with nothing.
            await FenceAsync();
            await _store.SwapAsync(stored, membership.With(self with { Expires = began + Lease }), cancellationToken);
            return false;
        }

        var living = membership.WithoutExpired(began - Margin);
        if (living != membership)
        {
            await _store.SwapAsync(stored, living, cancellationToken);
            return false;
        }

        if (Observe(membership) && !_isLeaving)
        {
            _moving = Task.WhenAll(_moving, host.KeepOnlyAsync(IsHeld));
        }

        var seen = _moving.IsCompleted ? membership.Generation : own.Seen;
        if (seen != own.Seen || began > own.Expires - (Lease * 2 / 3))
        {
            var renewed = own with { Seen = seen, Expires = began + Lease };
            if (await _store.SwapAsync(stored, membership.Renewed(renewed), cancellationToken) is not { } written)
            {
                return false;
            }

            (membership, own) = (written, renewed);
        }

        Interlocked.Exchange(ref _leaseUntil, (own.Expires - Margin).UtcTicks);
        await SettleAsync(membership, host);
        return true;
    }

    private async Task SettleAsync(Membership membership, ILocalActorHost host)
    {
        if (membership.IsSettled && !_view.IsSettled && !_isLeaving)
        {
            _view = _view with { Since = [_view.Since[^1]], IsSettled = true };
            await host.KeepOnlyAsync(IsHeld);
            host.OwnershipChanged();
            _joined.TrySetResult();
        }
    }

    /// <summary>True for a generation not seen before.</summary>
    private bool Observe(Membership membership)
    {
        var view = _view;
        if (view.Generation == membership.Generation)
        {
            return false;
        }

        // All owners since the last settled generation count: an actor that went to another and back was let go meanwhile.
        _view = view with { Since = [.. view.Since, new MemberTable(membership)], IsSettled = false, Generation = membership.Generation };
        return true;
    }

    private bool IsHeld(ActorAddress actor)
    {
        var (view, self) = (_view, _self);
        return self is not null && _clock.GetUtcNow().UtcTicks < Interlocked.Read(ref _leaseUntil) && view.IsUnchanged(actor, self.HostId);
    }

    private async Task FenceAsync()
    {
        Forget();
        if (_host is { } host)
        {
            await host.DropAllAsync();
        }
    }

    private void Forget()
    {
        Interlocked.Exchange(ref _leaseUntil, 0);
        _view = new View([MemberTable.Empty], IsSettled: false, DateTimeOffset.MinValue, -1);
    }

    private async Task RemoveAsync(string hostId, CancellationToken cancellationToken)
    {
        try
        {
            StoredMembership stored;
            do
            {
                stored = await _store.LoadAsync(cancellationToken);
            }
            while (stored.Membership.Find(hostId) is not null
                && await _store.SwapAsync(stored, stored.Membership.Without(hostId), cancellationToken) is null);
        }
        catch (ComponentException failure)
        {
            // The lease's end does it too, only later.
            LogNotRemoved(_logger, failure);
        }
    }

    /// <param name="Since">The owners of the last settled generation and of every one that came after it.</param>
    private sealed record View(IReadOnlyList<MemberTable> Since, bool IsSettled, DateTimeOffset ReadAt, long Generation)
    {
        /// <summary>False while no actor can be active here.</summary>
        public bool IsHeld => Generation >= 0;

        public Member? Owner(ActorAddress actor) => Since[^1].OwnerOf(actor);

        public bool IsUnchanged(ActorAddress actor, string hostId) => Since.All(table => table.OwnerOf(actor)?.HostId == hostId);
    }

    [LoggerMessage(LogLevel.Warning, "The members that host actors could not be read or renewed; trying again")]
    private static partial void LogBeatFailed(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Error, "The lease on this host's actors could not be renewed in time; they are let go")]
    private static partial void LogLeaseLost(ILogger logger);

    [LoggerMessage(LogLevel.Debug, "This host is no longer a member")]
    private static partial void LogEnded(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "This host could not take itself off the members; its lease ends by itself")]
    private static partial void LogNotRemoved(ILogger logger, Exception failure);
}

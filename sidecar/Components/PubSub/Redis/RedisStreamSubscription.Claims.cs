namespace Sidecar.Components.PubSub.Redis;

/// <summary>
/// Who owns a pending entry is a matter of time alone: idle for the processing timeout, it is anybody's. So entries that
/// wait for a worker are renewed, handlers end before the timeout does, and what others left idle is claimed.
/// </summary>
internal sealed partial class RedisStreamSubscription
{
    /// <summary>Takes over, at once and then regularly, what other consumers left idle.</summary>
    private async Task ReclaimAsync()
    {
        await RegularlyAsync(_options.RedeliverInterval, atOnce: true, async () =>
        {
            var from = "-";
            while (true)
            {
                var page = await _stream.PendingAsync(from, _options.QueueDepth, _stopToken);
                // What this process holds is not idle, whatever the server counts: its handler still runs.
                await ClaimAsync([.. page.Where(entry => entry.Idle >= _options.ProcessingTimeout && !_held.ContainsKey(entry.Id)).Select(entry => entry.Id)]);
                if (page.Count < _options.QueueDepth)
                {
                    return;
                }

                from = Following(page[^1].Id);
            }
        });
    }

    private async Task ClaimAsync(IReadOnlyList<string> due)
    {
        if (due.Count == 0)
        {
            return;
        }

        var claimed = await _stream.ClaimAsync(due, _options.ProcessingTimeout, _stopToken);
        if (claimed.Count > 0)
        {
            LogTakenOver(_logger, claimed.Count, _stream.Topic, _stream.Group);
        }

        foreach (var id in due.Except(claimed.Select(entry => entry.Id)))
        {
            // Somebody else was faster, or it was trimmed away: then nobody can ever handle it.
            if (!await _stream.HasAsync(id, _stopToken))
            {
                LogVanished(_logger, id, _stream.Topic, _stream.Group);
                await _stream.AcknowledgeAsync(id, _stopToken);
            }
        }

        await TakeAsync(claimed);
    }

    /// <summary>Keeps entries that wait behind slow handlers from looking abandoned.</summary>
    private Task RenewAsync() => RegularlyAsync(_options.ProcessingTimeout / 3, atOnce: false, async () =>
    {
        foreach (var some in _held.Values.Where(held => held.IsWaiting).Chunk(_options.QueueDepth))
        {
            var now = _clock.GetTimestamp();
            var kept = some.Where(held => !IsStale(held) || !Forget(held)).ToArray();
            if (kept.Length > 0)
            {
                await _stream.RenewAsync([.. kept.Select(held => held.Id)], _stopToken);
                Array.ForEach(kept, held => held.TakenAt = now);
            }
        }
    });

    /// <summary>False: it waited so long that it may be somebody else's by now.</summary>
    private async Task<bool> HasTimeAsync(HeldEntry held)
    {
        if (IsStale(held))
        {
            LogStale(_logger, held.Id, _stream.Topic, _stream.Group);
            return false;
        }

        // A handler gets nearly the whole timeout, without a round trip for those that hardly waited.
        if (_clock.GetElapsedTime(held.TakenAt) > _options.ProcessingTimeout / 10)
        {
            var now = _clock.GetTimestamp();
            try
            {
                await _stream.RenewAsync([held.Id], _stopToken);
                held.TakenAt = now;
            }
            catch (Exception failure) when (failure is ComponentException or OperationCanceledException)
            {
                LogNotRenewed(_logger, held.Id, _stream.Topic, _stream.Group, failure);
            }
        }

        return true;
    }

    // Only a process that stood still, or a server that did, lets an entry come so near to the timeout.
    private bool IsStale(HeldEntry held) => _clock.GetElapsedTime(held.TakenAt) > _options.ProcessingTimeout * 0.9;

    /// <summary>False: a worker has it already.</summary>
    private bool Forget(HeldEntry held)
    {
        if (!held.TryLeave())
        {
            return false;
        }

        LogStale(_logger, held.Id, _stream.Topic, _stream.Group);
        return _held.TryRemove(held.Id, out _);
    }

    private async Task RegularlyAsync(TimeSpan period, bool atOnce, Func<Task> act)
    {
        // Off the caller's thread, and a period too short for a timer is none that was meant.
        await Task.Yield();
        using var timer = new PeriodicTimer(period > TimeSpan.FromMilliseconds(1) ? period : TimeSpan.FromMilliseconds(1), _clock);
        try
        {
            while (atOnce || await timer.WaitForNextTickAsync(_stopToken))
            {
                atOnce = false;
                try
                {
                    await act();
                }
                catch (ComponentException failure)
                {
                    LogLookFailed(_logger, _stream.Topic, _stream.Group, failure);
                }
            }
        }
        catch (OperationCanceledException) when (_stopToken.IsCancellationRequested)
        {
            LogStopped(_logger, _stream.Topic, _stream.Group);
        }
    }

    /// <summary>The smallest id after this one.</summary>
    private static string Following(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return ulong.TryParse(id.AsSpan(dash + 1), out var sequence) && sequence < ulong.MaxValue ? $"{id[..dash]}-{sequence + 1}" : $"({id}";
    }

    [LoggerMessage(LogLevel.Information, "{Count} messages of topic {Topic} that were left idle are taken over by group {Group}")]
    private static partial void LogTakenOver(ILogger logger, int count, string topic, string group);

    [LoggerMessage(LogLevel.Warning, "Message {Id} of topic {Topic} was pending in group {Group} but is no longer in the stream, which was trimmed; it is lost")]
    private static partial void LogVanished(ILogger logger, string id, string topic, string group);

    [LoggerMessage(LogLevel.Warning, "Message {Id} of topic {Topic} waited so long in group {Group} that another consumer may have it; it is not begun here")]
    private static partial void LogStale(ILogger logger, string id, string topic, string group);

    [LoggerMessage(LogLevel.Warning, "Message {Id} of topic {Topic} could not be renewed in group {Group} before its handler begins")]
    private static partial void LogNotRenewed(ILogger logger, string id, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Looking after the pending messages of topic {Topic} in group {Group} failed; trying again")]
    private static partial void LogLookFailed(ILogger logger, string topic, string group, Exception failure);

    [LoggerMessage(LogLevel.Debug, "Subscription of group {Group} to topic {Topic} ended")]
    private static partial void LogStopped(ILogger logger, string topic, string group);
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Load;

/// <summary>What clients asked and were told, in memory and as JSON lines on the disk: the file survives a run that does not.</summary>
internal sealed class History : IDisposable
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly Lock _gate = new();
    private readonly List<HistoryEvent> _events = [];
    private readonly List<(Func<HistoryEvent, bool> IsMeant, TaskCompletionSource<HistoryEvent> Next)> _waiting = [];
    private readonly StreamWriter _file;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _calls;

    public History(string file) => _file = new StreamWriter(file) { AutoFlush = true };

    /// <summary>Since the beginning of the run, by the monotonic clock.</summary>
    public long NowMs => _watch.ElapsedMilliseconds;

    public IReadOnlyList<HistoryEvent> Snapshot()
    {
        lock (_gate)
        {
            return [.. _events];
        }
    }

    /// <returns>The number of the call, for its outcome.</returns>
    public long Invoke(string user, string action, string key, IReadOnlyList<Line>? lines = null, string? orderId = null)
    {
        var call = Interlocked.Increment(ref _calls);
        Add(new HistoryEvent(call, NowMs, user, action, key, Phase.Invoke, lines, orderId));
        return call;
    }

    /// <summary>Completes with the next event that is meant; nothing lies between it and what was written down.</summary>
    public Task<HistoryEvent> NextAsync(Func<HistoryEvent, bool> isMeant, CancellationToken cancellationToken)
    {
        var next = new TaskCompletionSource<HistoryEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((isMeant, next));
        }

        return next.Task.WaitAsync(cancellationToken);
    }

    public void Add(HistoryEvent happened)
    {
        lock (_gate)
        {
            _events.Add(happened);
            _file.WriteLine(JsonSerializer.Serialize(happened, Format));
            _waiting.RemoveAll(waiting => waiting.IsMeant(happened) && waiting.Next.TrySetResult(happened));
        }
    }

    public void Dispose() => _file.Dispose();
}

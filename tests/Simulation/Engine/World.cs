namespace DaprShop.Tests.Simulation.Engine;

/// <summary>
/// A universe on one thread: what is due when, and the processes in it. As long as some process has work, chance picks whose next; when all
/// wait, time jumps to what is due next. Nothing else moves: no thread pool, no timer, no clock of the machine.
/// </summary>
internal sealed class World
{
    /// <summary>When it begins.</summary>
    public static readonly DateTimeOffset Epoch = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly List<Process> _processes = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Chance _chance;
    private long _order;
    private volatile string? _escape;

    public World(ulong seed, bool keepsWords)
    {
        Seed = seed;
        _chance = Chance.Of(seed, "schedule");
        GoesOnAtOnce = !_chance.In(0.1);
        Trace = new Trace(keepsWords);
    }

    public ulong Seed { get; }

    public Trace Trace { get; }

    /// <summary>Whether an awaited method that ends is gone on from at once, or by a turn of its own.</summary>
    public bool GoesOnAtOnce { get; }

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; private set; }

    public TimeSpan Time => TimeSpan.FromTicks(Now);

    /// <summary>What no product code may do: throw out of something that nobody waits for.</summary>
    public List<string> Unhandled { get; } = [];

    /// <summary>How many turns of code were run and how many things came due.</summary>
    public long Steps { get; private set; }

    /// <summary>Outside every process, on the bare thread: continuations that belong to a process are queued there.</summary>
    public void After(TimeSpan delay, Action action) => At(Now + Math.Max(0, delay.Ticks), action);

    public void At(long ticks, Action action) => _agenda.Enqueue(action, (Math.Max(ticks, Now), _order++));

    public void Note(string kind, string what) => Trace.Note(Now, kind, what);

    /// <summary>Runs until the condition holds, which is asked about twice a second of the world's time, or until so much time has passed.</summary>
    /// <returns>False: it does not hold.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Now + limit.Ticks;
        var met = false;
        void Ask()
        {
            met = condition();
            if (!met && Now < end)
            {
                After(TimeSpan.FromMilliseconds(500), Ask);
            }
        }

        After(TimeSpan.Zero, Ask);
        while (!met && Now < end && Step())
        {
        }

        return met;
    }

    internal void Join(Process process) => _processes.Add(process);

    internal void Leave(Process process) => _processes.Remove(process);

    /// <summary>Work that arrives from another thread would make the run another one each time.</summary>
    internal bool IsHere()
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        _escape ??= Environment.StackTrace;
        return false;
    }

    private bool Step()
    {
        if (_escape is { } stack)
        {
            throw new InvalidOperationException($"Seed {Seed}: work left the simulation for another thread:\n{stack}\n{string.Join('\n', Trace.Words.TakeLast(20))}");
        }

        Steps++;
        var ready = 0;
        foreach (var process in _processes)
        {
            ready += process.Ready;
        }

        if (ready > 0)
        {
            var pick = ready == 1 ? 0 : _chance.Below(ready);
            foreach (var process in _processes)
            {
                if (pick < process.Ready)
                {
                    Trace.Mix(((long)process.Number << 32) | (uint)pick);
                    process.RunOne(pick);
                    return true;
                }

                pick -= process.Ready;
            }
        }

        if (!_agenda.TryDequeue(out var action, out var due))
        {
            return false;
        }

        Now = Math.Max(Now, due.At);
        action();
        return true;
    }
}

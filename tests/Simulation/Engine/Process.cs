namespace DaprShop.Tests.Simulation.Engine;

/// <summary>
/// One operating system process: a scheduler of its own, so that its work can be run in any order, held back, and dropped for good when it is
/// killed. What it waited for then finds nobody.
/// </summary>
internal sealed class Process : TaskScheduler
{
    private readonly World _world;
    private readonly List<Task> _ready = [];
    private readonly List<Errand> _errands = [];
    private readonly List<Action> _overdue = [];
    private long _pausedUntil;
    private long _dozesUntil;

    public Process(World world, int number, string name)
    {
        (_world, Number, Name) = (world, number, name);
        Clock = new ProcessClock(world, this);
        world.Join(this);
    }

    public int Number { get; }

    public string Name { get; }

    public ProcessClock Clock { get; }

    public bool IsDead { get; private set; }

    public bool IsPaused => _pausedUntil > _world.Now;

    /// <summary>What is done every so often is not done meanwhile.</summary>
    public bool IsDozing => _dozesUntil > _world.Now;

    /// <summary>Turns of code that could run now.</summary>
    public int Ready => IsPaused ? 0 : _ready.Count;

    /// <summary>Runs the work in this process. Should the process die first, whoever sent it is told, once.</summary>
    public void Run(Func<Task> work, Action onDeath)
    {
        var errand = new Errand(onDeath);
        _errands.Add(errand);
        Start(async () =>
        {
            try
            {
                await work();
            }
            finally
            {
                _errands.Remove(errand);
            }
        });
    }

    /// <summary>Runs the work in this process; it ends with the process.</summary>
    public void Start(Func<Task> work)
    {
        async Task GuardAsync()
        {
            try
            {
                await work();
            }
#pragma warning disable CA1031 // Whatever it was, the run must tell of it.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _world.Unhandled.Add($"{Name}: {failure}");
            }
        }

        Task.Factory.StartNew(GuardAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);
    }

    /// <summary>As SIGKILL.</summary>
    public void Kill()
    {
        IsDead = true;
        _ready.Clear();
        _world.Leave(this);
        foreach (var errand in _errands)
        {
            _world.After(TimeSpan.FromMilliseconds(1), errand.OnDeath);
        }

        _errands.Clear();
    }

    /// <summary>As SIGSTOP, or a long garbage collection: answers come in, timers come due, nothing runs.</summary>
    public void Pause(TimeSpan length)
    {
        _pausedUntil = _world.Now + length.Ticks;
        _world.At(_pausedUntil, CatchUp);
    }

    /// <summary>Periodic timers come due only when the length has passed or the process is woken. Everything else goes on.</summary>
    public void Doze(TimeSpan length)
    {
        if (!IsDozing)
        {
            _dozesUntil = _world.Now + length.Ticks;
            _world.At(_dozesUntil, CatchUp);
        }
    }

    public void Wake()
    {
        if (IsDozing)
        {
            _dozesUntil = 0;
            CatchUp();
        }
    }

    public void Resume()
    {
        _pausedUntil = 0;
        CatchUp();
    }

    /// <summary>Keeps a timer that came due until the process goes on or wakes.</summary>
    internal void Defer(Action timer) => _overdue.Add(timer);

    internal void RunOne(int index)
    {
        var task = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        TryExecuteTask(task);
    }

    protected override void QueueTask(Task task)
    {
        // What the collector ends of a dead process goes nowhere.
        if (!IsDead && _world.IsHere())
        {
            _ready.Add(task);
        }
    }

    /// <summary>As on the thread pool: what follows from code that runs here goes on at once. In some worlds it waits for its turn like everything.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        _world.GoesOnAtOnce && !taskWasPreviouslyQueued && Current == this && !IsDead && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;

    private void CatchUp()
    {
        if (!IsPaused)
        {
            _overdue.ForEach(timer => _world.After(TimeSpan.Zero, timer));
            _overdue.Clear();
        }
    }

    private sealed record Errand(Action OnDeath);
}

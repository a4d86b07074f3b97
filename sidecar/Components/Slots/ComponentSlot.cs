namespace Sidecar.Components.Slots;

/// <summary>What hot reload does with a component that others hold on to.</summary>
internal interface IComponentSlot : IComponent
{
    /// <summary>True: this can take the place of what is there.</summary>
    bool Takes(IComponent next);

    /// <summary>From now on calls go to the next one; null: they fail. Disposing the result closes what was there.</summary>
    Displaced Replace(IComponent? next);
}

/// <summary>
/// A component as everybody else knows it. What is behind can be replaced under running calls: a new call goes to the new
/// one, and the old one is closed once the calls that it has are over.
/// </summary>
internal abstract class ComponentSlot<T>(string name, T first) : IComponentSlot
    where T : class, IComponent
{
    private readonly System.Threading.Lock _gate = new();
    private (T Component, Displaced Calls)? _now = (first, new Displaced(first));

    /// <summary>For what is asked without a call. Throws <see cref="ComponentException"/> when nothing is there any more.</summary>
    protected T Current
    {
        get
        {
            lock (_gate)
            {
                return _now?.Component ?? throw Gone();
            }
        }
    }

    public bool Takes(IComponent next) => next is T;

    /// <summary>What is in a slot was initialised before it came there.</summary>
    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Displaced Replace(IComponent? next)
    {
        lock (_gate)
        {
            var before = _now?.Calls ?? Displaced.Nothing;
            _now = next is T component ? (component, new Displaced(component)) : null;
            before.Leave();
            return before;
        }
    }

    public ValueTask DisposeAsync() => Replace(null).DisposeAsync();

    protected async Task<TResult> UseAsync<TResult>(Func<T, Task<TResult>> call)
    {
        using var use = Enter(out var component);
        return await call(component);
    }

    protected async Task UseAsync(Func<T, Task> call)
    {
        using var use = Enter(out var component);
        await call(component);
    }

    protected IDisposable Enter(out T component)
    {
        lock (_gate)
        {
            var (now, calls) = _now ?? throw Gone();
            component = now;
            return calls.Enter();
        }
    }

    private ComponentException Gone() => new(ComponentFault.Failed, $"component {name} was removed while the sidecar runs");
}

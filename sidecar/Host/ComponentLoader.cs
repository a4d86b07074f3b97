using Sidecar.Components;
using Sidecar.Components.Slots;
using Sidecar.Configuration;

namespace Sidecar.Host;

/// <param name="Errors">None, and nothing loaded: left out, as its ignoreErrors asks.</param>
/// <param name="Before">What had the name until now, to be closed once nobody uses it any more.</param>
internal sealed record ComponentChange(IReadOnlyList<ConfigurationError> Errors, LoadedComponent? Loaded, Displaced Before)
{
    public static ComponentChange Ignored { get; } = new([], null, Displaced.Nothing);

    public static ComponentChange Failed(IReadOnlyList<ConfigurationError> errors) => new(errors, null, Displaced.Nothing);
}

/// <summary>
/// Builds and initialises the components of one sidecar: drivers check their metadata before anything starts, secret
/// stores are initialised first, and a component that takes values from a secret store is built once that store answers.
/// </summary>
internal sealed partial class ComponentLoader(
    ComponentContext context, Func<string, ComponentFactory?> findFactory, ILogger logger) : IAsyncDisposable
{
    // A call that hangs must not keep what it hangs in for ever.
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(30);

    private readonly ComponentBuilder _builder = new(context, findFactory);
    private readonly List<(ComponentDocument Document, LoadedComponent? Built)> _planned = [];
    private readonly List<IComponent> _initialised = [];

    public ComponentRegistry Registry { get; } = new();

    /// <summary>Everything that can be checked without I/O.</summary>
    public void Plan(IReadOnlyList<ComponentDocument> documents, ICollection<ConfigurationError> errors)
    {
        foreach (var document in documents.Where(document => document.Type.Length > 0).OrderBy(document => document.IsSecretStore ? 0 : 1))
        {
            var before = errors.Count;
            var built = _builder.Plan(document, errors);
            if (errors.Count == before)
            {
                _planned.Add((document, built));
            }
        }
    }

    /// <summary>
    /// Secret stores first; the others at the same time, so that one start waits once for all that do not answer.
    /// Throws one <see cref="ComponentsFailedException"/> that names every component that cannot be used.
    /// </summary>
    /// <param name="onlyRemote">For a look at what else is wrong: leaves out what would make files here.</param>
    public async Task InitAsync(CancellationToken cancellationToken, bool onlyRemote = false)
    {
        var failures = new List<ConfigurationError>();
        foreach (var stage in _planned.GroupBy(planned => planned.Document.IsSecretStore))
        {
            var outcomes = await Task.WhenAll(stage.Where(planned => !onlyRemote || NeedsLook(planned)).Select(planned => TryInitAsync(planned.Document, planned.Built, cancellationToken)));
            failures.AddRange(outcomes.SelectMany(outcome => outcome.Errors));
        }

        if (failures.Count > 0)
        {
            throw new ComponentsFailedException(failures);
        }
    }

    /// <summary>
    /// Loads a component while the sidecar runs. The new one is ready before it takes the place of the one with its name, so
    /// that no call finds none. When it cannot be used, the one before stays, or goes if the new document says ignoreErrors.
    /// </summary>
    public async Task<ComponentChange> PutAsync(ComponentDocument document, CancellationToken cancellationToken)
    {
        var errors = new List<ConfigurationError>();
        var built = _builder.Plan(document, errors);
        var change = errors.Count > 0 ? Refuse(document, errors) : await TryInitAsync(document, built, cancellationToken);
        return change is { Errors.Count: 0, Loaded: null } ? change with { Before = TakeOut(document.Name) } : change;
    }

    /// <summary>New calls no longer find the component.</summary>
    public Displaced TakeOut(string name)
    {
        var slot = Registry.Find(name)?.Instance as IComponentSlot;
        Registry.Remove(name);
        return slot?.Replace(null) ?? Displaced.Nothing;
    }

    /// <summary>Closes what is no longer used once the calls that it has are over.</summary>
    public async Task CloseAsync(Displaced displaced, CancellationToken cancellationToken)
    {
        if (displaced.Component is not { } component)
        {
            return;
        }

        try
        {
            await displaced.Idle.WaitAsync(LongestCall, context.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogBusy(logger, component.GetType().Name, LongestCall);
        }

        await CloseAsync(component);
    }

    public async ValueTask DisposeAsync()
    {
        // Backwards: what came first may be what a later one was built from.
        for (var i = _initialised.Count - 1; i >= 0; i--)
        {
            await _initialised[i].DisposeAsync();
        }

        _initialised.Clear();
    }

    // Secret stores only read; what waits for one cannot be told before.
    private static bool NeedsLook((ComponentDocument Document, LoadedComponent? Built) planned) =>
        planned.Document.IsSecretStore || planned.Document.HasSecrets || planned.Built is { Instance.IsRemote: true };

    private async Task<ComponentChange> TryInitAsync(ComponentDocument document, LoadedComponent? built, CancellationToken cancellationToken)
    {
        var errors = new List<ConfigurationError>();
        var component = built;
        try
        {
            component ??= await _builder.BuildWithSecretsAsync(document, Registry, errors, cancellationToken);
            if (component is not null)
            {
                await InitAsync(document, component, cancellationToken);
                var before = Enter(component);
                LogLoaded(logger, document.Name, document.Type, document.Version);
                return new ComponentChange([], Registry.Find(document.Name), before);
            }
        }
        catch (ComponentException exception)
        {
            errors.Add(new ConfigurationError(document.File, document.TypeLine, $"component {document.Name} ({document.Type}/{document.Version})", exception.Message));
            await CloseAsync(component?.Instance);
        }

        return Refuse(document, errors);
    }

    private async Task CloseAsync(IComponent? component)
    {
        if (component is null)
        {
            return;
        }

        lock (_initialised)
        {
            _initialised.Remove(component);
        }

        try
        {
            await component.DisposeAsync();
        }
#pragma warning disable CA1031 // A driver or its client library may throw anything; the one in its place works all the same.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogNotClosed(logger, component.GetType().Name, failure);
        }
    }

    private ComponentChange Refuse(ComponentDocument document, IReadOnlyList<ConfigurationError> errors)
    {
        if (!document.IgnoreErrors)
        {
            return ComponentChange.Failed(errors);
        }

        LogIgnored(logger, document.Name, document.Type, string.Join("; ", errors.Select(error => error.Message)));
        return ComponentChange.Ignored;
    }

    private async Task InitAsync(ComponentDocument document, LoadedComponent component, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(document.InitTimeout, context.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            lock (_initialised)
            {
                _initialised.Add(component.Instance);
            }

            // A driver that does not watch its token must not hold up the start either.
            await component.Instance.InitAsync(both.Token).WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ComponentException(
                ComponentFault.Failed, $"was not ready within its initTimeout of {GoDuration.Format(document.InitTimeout)}");
        }
    }

    // Behind a slot, so that a reload can replace it under those who hold it.
    private Displaced Enter(LoadedComponent component)
    {
        var name = component.Spec.Name;
        var slot = Registry.Find(name)?.Instance as IComponentSlot;
        if (slot?.Takes(component.Instance) == true)
        {
            var before = slot.Replace(component.Instance);
            Registry.Put(component with { Instance = slot });
            return before;
        }

        Registry.Put(component with { Instance = ComponentSlots.Of(name, component.Instance) });
        return slot?.Replace(null) ?? Displaced.Nothing;
    }

    [LoggerMessage(LogLevel.Information, "Component loaded: {Name} ({Type}/{Version})")]
    private static partial void LogLoaded(ILogger logger, string name, string type, string version);

    [LoggerMessage(LogLevel.Warning, "A {Driver} that was replaced still has calls after {Limit}; it is closed under them")]
    private static partial void LogBusy(ILogger logger, string driver, TimeSpan limit);

    [LoggerMessage(LogLevel.Error, "A {Driver} that was replaced could not be closed")]
    private static partial void LogNotClosed(ILogger logger, string driver, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Component {Name} ({Type}) is left out, as its ignoreErrors asks: {Problem}")]
    private static partial void LogIgnored(ILogger logger, string name, string type, string problem);
}

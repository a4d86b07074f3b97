using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Configuration;

namespace Sidecar.Host;

/// <summary>
/// Builds and initialises the components of one sidecar: drivers check their metadata before anything starts, secret
/// stores are initialised first, and a component that takes values from a secret store is built once that store answers.
/// </summary>
internal sealed partial class ComponentLoader(
    ComponentContext context, Func<string, ComponentFactory?> findFactory, ILogger logger) : IAsyncDisposable
{
    private readonly List<(ComponentDocument Document, LoadedComponent? Built)> _planned = [];
    private readonly List<IComponent> _initialised = [];

    public ComponentRegistry Registry { get; } = new();

    /// <summary>Everything that can be checked without I/O.</summary>
    public void Plan(IReadOnlyList<ComponentDocument> documents, ICollection<ConfigurationError> errors)
    {
        foreach (var document in documents.OrderBy(document => document.IsSecretStore ? 0 : 1))
        {
            if (document.Type.Length == 0)
            {
                continue;
            }

            if (findFactory(document.Type) is not { } factory)
            {
                errors.Add(UnknownType(document));
            }
            else if (document.Version != "v1")
            {
                errors.Add(new ConfigurationError(
                    document.File, document.VersionLine, "spec.version", $"'{document.Version}' of {document.Type} is not known; known: v1"));
            }
            else
            {
                _planned.Add((document, document.HasSecrets ? null : Build(document, factory, Values(document), errors)));
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
            failures.AddRange(outcomes.SelectMany(errors => errors));
        }

        if (failures.Count > 0)
        {
            throw new ComponentsFailedException(failures);
        }
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

    private async Task<IReadOnlyList<ConfigurationError>> TryInitAsync(
        ComponentDocument document, LoadedComponent? built, CancellationToken cancellationToken)
    {
        var errors = new List<ConfigurationError>();
        try
        {
            if ((built ?? await BuildWithSecretsAsync(document, errors, cancellationToken)) is { } component)
            {
                await InitAsync(document, component, cancellationToken);
            }
        }
        catch (ComponentException exception)
        {
            errors.Add(new ConfigurationError(document.File, document.TypeLine, $"component {document.Name} ({document.Type}/{document.Version})", exception.Message));
        }

        if (errors.Count > 0 && document.IgnoreErrors)
        {
            LogIgnored(logger, document.Name, document.Type, string.Join("; ", errors.Select(error => error.Message)));
            return [];
        }

        return errors;
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

        Registry.Add(component);
        LogLoaded(logger, document.Name, document.Type, document.Version);
    }

    private LoadedComponent? Build(
        ComponentDocument document, ComponentFactory factory, IReadOnlyDictionary<string, string> values, ICollection<ConfigurationError> errors)
    {
        var spec = new ComponentSpec(
            document.Name, document.Type, document.Version, values, document.IgnoreErrors, document.InitTimeout, document.File);
        var problems = new List<string>();
        var instance = factory(spec, context, problems);
        foreach (var problem in problems)
        {
            errors.Add(At(document, problem));
        }

        return instance is null || problems.Count > 0 ? null : new LoadedComponent(spec, instance);
    }

    /// <summary>Null with errors when a secret is missing or the values it completes are wrong.</summary>
    private async Task<LoadedComponent?> BuildWithSecretsAsync(
        ComponentDocument document, List<ConfigurationError> errors, CancellationToken cancellationToken)
    {
        if (Registry.Find<ISecretStore>(document.SecretStore ?? "") is not { } store)
        {
            throw new ComponentException(ComponentFault.Failed, $"its secret store {document.SecretStore} is not available");
        }

        var values = Values(document);
        foreach (var item in document.Metadata.Where(item => item.Secret is not null))
        {
            var secret = await store.GetAsync(item.Secret!.Name, cancellationToken);
            if (secret.TryGetValue(item.Secret.Key, out var value))
            {
                values[item.Name] = value;
            }
            else
            {
                errors.Add(new ConfigurationError(
                    document.File, item.Line, item.Path, $"secret {item.Secret.Name} of {document.SecretStore} has no key {item.Secret.Key}"));
            }
        }

        return errors.Count > 0 ? null : Build(document, findFactory(document.Type)!, values, errors);
    }

    // Components match the names of their metadata in any case (dapr-contract.md 3.2).
    private static Dictionary<string, string> Values(ComponentDocument document)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in document.Metadata)
        {
            values[item.Name] = item.Value;
        }

        return values;
    }

    private static ConfigurationError UnknownType(ComponentDocument document)
    {
        var nearest = NearestName.Of(document.Type, ComponentCatalog.Types);
        return new ConfigurationError(
            document.File,
            document.TypeLine,
            "spec.type",
            $"'{document.Type}' is not a known component type{(nearest is null ? "" : $"; did you mean '{nearest}'?")}; known: {string.Join(", ", ComponentCatalog.Types)}");
    }

    // Drivers begin a problem with the member it is about, so it can be shown at that member's own line.
    private static ConfigurationError At(ComponentDocument document, string problem)
    {
        var path = problem.Split(':', 2) is [var member, _] && !member.Contains(' ', StringComparison.Ordinal) ? member : "";
        var name = path[(path.LastIndexOf('.') + 1)..];
        var item = document.Metadata.FirstOrDefault(item => item.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return path.Length == 0
            ? new ConfigurationError(document.File, document.TypeLine, "spec.metadata", problem)
            : new ConfigurationError(document.File, item?.Line ?? document.TypeLine, $"spec.metadata.{name}", problem[(path.Length + 1)..].TrimStart());
    }

    [LoggerMessage(LogLevel.Information, "Component loaded: {Name} ({Type}/{Version})")]
    private static partial void LogLoaded(ILogger logger, string name, string type, string version);

    [LoggerMessage(LogLevel.Warning, "Component {Name} ({Type}) is left out, as its ignoreErrors asks: {Problem}")]
    private static partial void LogIgnored(ILogger logger, string name, string type, string problem);
}

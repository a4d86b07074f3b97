using Sidecar.Components;
using Sidecar.Components.Slots;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.PubSub.Subscriptions;

namespace Sidecar.Reload;

/// <summary>
/// Applies changes of the resource files to the running sidecar (dapr-contract.md 3.7): components are added, replaced and
/// removed, and only the subscriptions that a change concerns are restarted. What the sidecar reads once is named in the log.
/// </summary>
internal sealed partial class HotReload(
    ComponentLoader components,
    Func<ICollection<ConfigurationError>, SidecarResources> read,
    SidecarResources resources,
    DeclaredSubscriptions declared,
    IEnumerable<IComponentUser> users,
    SidecarMetrics metrics,
    ReloadFailure failure,
    ILogger<HotReload> logger)
{
    public const string Feature = "HotReload";

    // What stands in the files for those that run; one that was left out by its ignoreErrors is new at every look.
    private readonly Dictionary<string, ComponentDocument> _running = resources.Components
        .Where(document => components.Registry.Find(document.Name) is not null)
        .ToDictionary(document => document.Name, StringComparer.Ordinal);

    // What was said once: the same lines at every look would bury the others.
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private HashSet<string> _warnings = [.. resources.Warnings.Select(warning => warning.ToString())];
    private HashSet<string> _errors = [];
    private IReadOnlyDictionary<string, string> _readOnce = resources.ReadOnce;
    private bool _isSettled = true;

    /// <summary>Reads the files and does what they say. False: something has to be tried again.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var errors = new List<ConfigurationError>();
            var files = read(errors);
            _errors = Say(errors, _errors, LogUnreadable);
            if (errors.Count == 0)
            {
                _warnings = Say(files.Warnings, _warnings, LogResourceWarning);
                SayWhatNeedsARestart(files.ReadOnce);
                await ApplyAsync(files, cancellationToken);
            }

            // With errors a file is half written, perhaps. daprd would take a document that it cannot read for deleted.
            return _isSettled;
        }
#pragma warning disable CA1031 // What the file system and drivers throw is not known here; the loop must outlive it.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogBroken(logger, exception);
            return false;
        }
    }

    private async Task ApplyAsync(SidecarResources files, CancellationToken cancellationToken)
    {
        var changes = ResourceChanges.Between(_running, files.Components);
        var displaced = new List<Displaced>();
        foreach (var name in changes.Deleted.Where(name => !IsRefused(name, _running[name].Content, isDeleted: true)))
        {
            LogRemoved(logger, name);
            _running.Remove(name);
            displaced.Add(components.TakeOut(name));
        }

        var wrong = await PutAsync(changes, displaced, cancellationToken);
        if (declared.Replace(files.Subscriptions) || displaced.Count > 0)
        {
            _isSettled = false;
        }

        await SettleAsync(cancellationToken);
        await Task.WhenAll(displaced.Select(old => components.CloseAsync(old, cancellationToken)));
        if (wrong.Count > 0)
        {
            failure.Tell(wrong);
        }
    }

    private async Task<IReadOnlyList<ConfigurationError>> PutAsync(ResourceChanges changes, List<Displaced> displaced, CancellationToken cancellationToken)
    {
        var wrong = new List<ConfigurationError>();
        foreach (var document in changes.Updated.Concat(changes.Created).Where(document => !IsRefused(document)))
        {
            LogLoading(logger, document.Name);
            var change = await components.PutAsync(document, cancellationToken);
            displaced.Add(change.Before);
            wrong.AddRange(change.Errors);
            if (change.Loaded is { } loaded)
            {
                _running[document.Name] = document;
                metrics.Loaded(loaded);
            }
            else if (change.Errors.Count == 0)
            {
                _running.Remove(document.Name);
            }
        }

        return wrong;
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (_isSettled)
        {
            return;
        }

        _isSettled = true;
        foreach (var user in users)
        {
            try
            {
                await user.SettleAsync(cancellationToken);
            }
#pragma warning disable CA1031 // What an app answers and what a driver throws is not known here; it is tried again.
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogNotSettled(logger, user.GetType().Name, failure);
                _isSettled = false;
            }
        }
    }

    // Actors, workflows and jobs have their state there, in part in memory; there can be only one, and it stays.
    private bool IsRefused(ComponentDocument document) =>
        (document.IsMarkedForActors || IsActorStore(document.Name)) && IsRefused(document.Name, document.Content, isDeleted: false);

    private bool IsRefused(string name, string content, bool isDeleted)
    {
        if (isDeleted && !IsActorStore(name))
        {
            return false;
        }

        if (_refused.Add($"{name} {isDeleted} {content}"))
        {
            LogActorStoreStays(logger, name, components.Registry.ActorStateStore?.Spec.Name ?? "none");
        }

        return true;
    }

    private bool IsActorStore(string name) => components.Registry.ActorStateStore?.Spec.Name == name;

    private void SayWhatNeedsARestart(IReadOnlyDictionary<string, string> now)
    {
        foreach (var kind in now.Keys.Union(_readOnce.Keys).Where(kind => now.GetValueOrDefault(kind) != _readOnce.GetValueOrDefault(kind)))
        {
            LogNeedsRestart(logger, kind);
        }

        _readOnce = now;
    }

    private HashSet<string> Say(IReadOnlyCollection<ConfigurationError> problems, HashSet<string> said, Action<ILogger, string> log)
    {
        var texts = problems.Select(problem => problem.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var text in texts.Where(text => !said.Contains(text)))
        {
            log(logger, text);
        }

        return texts;
    }

    [LoggerMessage(LogLevel.Error, "Nothing is reloaded until the files can be read again: {Problem}")]
    private static partial void LogUnreadable(ILogger logger, string problem);

    [LoggerMessage(LogLevel.Warning, "{Problem}")]
    private static partial void LogResourceWarning(ILogger logger, string problem);

    [LoggerMessage(LogLevel.Information, "Component {Name} is new or has changed and is loaded")]
    private static partial void LogLoading(ILogger logger, string name);

    [LoggerMessage(LogLevel.Information, "Component {Name} is no longer in the files and is closed")]
    private static partial void LogRemoved(ILogger logger, string name);

    [LoggerMessage(LogLevel.Error, "The change of component {Name} is skipped: the actor state store ({ActorStore}) is not changed while the sidecar runs, and there can be only one; restart the sidecar for it")]
    private static partial void LogActorStoreStays(ILogger logger, string name, string actorStore);

    [LoggerMessage(LogLevel.Warning, "{Kind} has changed in the files; it takes effect when the sidecar is restarted")]
    private static partial void LogNeedsRestart(ILogger logger, string kind);

    [LoggerMessage(LogLevel.Warning, "{User} could not go on with the components that changed and tries again")]
    private static partial void LogNotSettled(ILogger logger, string user, Exception failure);

    [LoggerMessage(LogLevel.Error, "The files could not be looked at; it is tried again")]
    private static partial void LogBroken(ILogger logger, Exception failure);
}

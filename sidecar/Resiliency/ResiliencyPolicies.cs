using System.Collections.Concurrent;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Metrics;

namespace Sidecar.Resiliency;

/// <summary>
/// The policies of this sidecar's Resiliency documents (dapr-contract.md 12), resolved per target:
/// retry( breaker( timeout( call ))).
/// </summary>
/// <param name="components">Tell each component's type, by which its default policies are found.</param>
internal sealed class ResiliencyPolicies(
    TimeProvider clock, ResiliencySpec spec, ComponentRegistry? components = null, Func<double>? jitter = null, SidecarMetrics? metrics = null)
{
    private readonly PolicySet _policies = new(spec);
    private readonly ConcurrentDictionary<(string Component, Direction Direction), Pipeline> _components = new();
    private readonly ConcurrentDictionary<(string Kind, string Name), PolicyObserver?> _observers = new();
    private readonly ConcurrentDictionary<string, BreakerCache> _appBreakers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, BreakerCache> _actorBreakers = new(StringComparer.Ordinal);

    public ResiliencyPolicies(TimeProvider clock)
        : this(clock, new ResiliencySpec())
    {
    }

    public TimeProvider Clock { get; } = clock;

    /// <summary>Null when nothing targets the app: the built-in policy for broken connections then applies.</summary>
    public Pipeline? ForApp(string appId, string endpoint)
    {
        if (_policies.ForApp(appId) is not { } target)
        {
            return null;
        }

        var breaker = target.CircuitBreaker is { } name
            ? _appBreakers.GetOrAdd(appId, _ => new BreakerCache(_policies.BreakersOf(appId), () => NewBreaker(name))).Get(endpoint)
            : null;
        return NewPipeline(target, breaker, Observer("app", appId));
    }

    /// <summary>Retries and breaker of a call to an actor, around the search for its owner; null when nothing targets the type.</summary>
    public Pipeline? ForActor(string type, string id)
    {
        if (_policies.ForActor(type) is not { } target)
        {
            return null;
        }

        var breaker = target.Policies.CircuitBreaker is { } name
            ? _actorBreakers.GetOrAdd(type, _ => new BreakerCache(target.CircuitBreakerCacheSize, () => NewBreaker(name)))
                .Get(target.BreakerPerType ? "" : id)
            : null;
        return NewPipeline(target.Policies with { Timeout = null }, breaker, Observer("actor", type));
    }

    /// <summary>The timeout of an actor's turn, which does not count the wait for the turn; null without one.</summary>
    public Pipeline? ForActorTurn(string type) =>
        _policies.ForActor(type) is { } target ? NewPipeline(PolicyNames.None with { Timeout = target.Policies.Timeout }, null, Observer("actor", type)) : null;

    public Pipeline ForInbound(string component) => ForComponent(component, Direction.Inbound);

    public Pipeline ForOutbound(string component) => ForComponent(component, Direction.Outbound);

    /// <summary>One attempt.</summary>
    public Pipeline None => NewPipeline(PolicyNames.None, null);

    /// <summary>A policy that daprd has without any document.</summary>
    public Pipeline BuiltIn(string retry) => NewPipeline(PolicyNames.None with { Retry = retry }, null);

    /// <summary>Runs a component call under the component's outbound policy; one attempt when none targets it.</summary>
    public Task<T> OutboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        ForOutbound(component) is { IsEmpty: false } pipeline
            ? pipeline.RunAsync(async token => Attempt<T>.Success(await call(token)), cancellationToken)
            : call(cancellationToken);

    public Task OutboundAsync(string component, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        ForOutbound(component) is { IsEmpty: false } pipeline
            ? pipeline.RunAsync(
                async token =>
                {
                    await call(token);
                    return Attempt<object?>.Success(null);
                },
                cancellationToken)
            : call(cancellationToken);

    private Pipeline ForComponent(string component, Direction direction) =>
        _components.GetOrAdd((component, direction), key =>
        {
            var type = components?.Find(key.Component)?.Spec.Type;
            var target = _policies.ForComponent(key.Component, type, key.Direction);
            var breaker = target?.CircuitBreaker is { } name ? NewBreaker(name) : null;
            return NewPipeline(target ?? PolicyNames.None, breaker, NewObserver(key.Direction, $"{PolicySet.Kind(type)}_{key.Component}"));
        });

    private CircuitBreaker NewBreaker(string name) => new(_policies.CircuitBreaker(name), Clock);

    // Pipelines of apps and actors are made for each call, what counts them is not.
    private PolicyObserver? Observer(string kind, string name) => metrics is not { IsOn: true }
        ? null
        : _observers.GetOrAdd((kind, name), target => NewObserver(Direction.Outbound, $"{target.Kind}_{target.Name}"));

    private PolicyObserver? NewObserver(Direction direction, string target) => metrics is not { IsOn: true }
        ? null
        : new PolicyObserver(metrics.Resiliency, spec.Names.Count == 0 ? "" : spec.Names[^1], direction, target);

    private Pipeline NewPipeline(PolicyNames target, CircuitBreaker? breaker, PolicyObserver? observer = null) =>
        new(_policies.Timeout(target.Timeout), _policies.Retry(target.Retry), breaker, Clock, jitter ?? Jitter.Next, observer);
}

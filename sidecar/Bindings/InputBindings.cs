using System.Diagnostics;
using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.Bindings;

/// <summary>The app did not take a binding's event.</summary>
internal sealed class BindingFailedException(string message) : Exception(message);

/// <summary>Runs the input bindings that the app wants while it is healthy (dapr-contract.md 9.3).</summary>
internal sealed partial class InputBindings(
    ComponentRegistry components,
    IBindingApp app,
    ResiliencyPolicies resiliency,
    SidecarTracing tracing,
    SidecarMetrics metrics,
    TimeProvider clock,
    ILogger<InputBindings> logger) : IAppLifecycle, IComponentUser, IDisposable
{
    // Starts and stops follow the app's health, changes follow the files: one at a time.
    private readonly Turns _turns = new();

    // With those that the app does not want: it is asked once.
    private readonly List<(LoadedComponent Component, IAsyncDisposable? Running)> _known = [];
    private bool _isFed;

    public Task StartAsync(CancellationToken cancellationToken) => _turns.RunAsync(
        async () =>
        {
            try
            {
                _isFed = true;
                await ArrangeAsync(cancellationToken);
            }
            catch
            {
                // The start is tried again as a whole.
                await EndAllAsync(CancellationToken.None);
                throw;
            }
        },
        cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _turns.RunAsync(() => EndAllAsync(cancellationToken), cancellationToken);

    public Task SettleAsync(CancellationToken cancellationToken) => _turns.RunAsync(() => ArrangeAsync(cancellationToken), cancellationToken);

    public void Dispose() => _turns.Dispose();

    private Task EndAllAsync(CancellationToken cancellationToken)
    {
        _isFed = false;
        return EndAsync([.. _known], cancellationToken);
    }

    private async Task ArrangeAsync(CancellationToken cancellationToken)
    {
        if (!_isFed)
        {
            return;
        }

        await EndAsync([.. _known.Where(one => !ReferenceEquals(components.Find(one.Component.Spec.Name), one.Component))], cancellationToken);
        foreach (var component in components.All.Where(component => component.Instance is IInputBinding && !_known.Exists(one => ReferenceEquals(one.Component, component))))
        {
            _known.Add((component, await StartAsync(component.Spec, (IInputBinding)component.Instance, cancellationToken)));
        }
    }

    private async Task<IAsyncDisposable?> StartAsync(ComponentSpec spec, IInputBinding binding, CancellationToken cancellationToken)
    {
        var target = new BindingTarget(spec.Name, Find(spec, "route") is { Length: > 0 } route ? route : spec.Name);
        if (!await IsWantedAsync(spec, target, cancellationToken))
        {
            return null;
        }

        var policy = resiliency.ForInbound(spec.Name);
        var running = await binding.StartAsync((read, token) => DeliverAsync(target, policy, read, token), cancellationToken);
        LogStarted(logger, spec.Name);
        return running;
    }

    private async Task EndAsync(IReadOnlyList<(LoadedComponent Component, IAsyncDisposable? Running)> ended, CancellationToken cancellationToken)
    {
        var ending = ended.Select(one => one.Running?.DisposeAsync().AsTask() ?? Task.CompletedTask).ToList();
        foreach (var one in ended)
        {
            _known.Remove(one);
        }

        await Task.WhenAll(ending).WaitAsync(cancellationToken);
    }

    private static string? Find(ComponentSpec spec, string name) =>
        spec.Metadata.FirstOrDefault(item => item.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private async Task<bool> IsWantedAsync(ComponentSpec spec, BindingTarget target, CancellationToken cancellationToken)
    {
        if (Find(spec, "direction") is { } direction)
        {
            return direction.Split(',', StringSplitOptions.TrimEntries).Contains("input", StringComparer.OrdinalIgnoreCase);
        }

        var isWanted = await app.WantsAsync(target, cancellationToken);
        if (!isWanted)
        {
            LogNotWanted(logger, spec.Name);
        }

        return isWanted;
    }

    private async Task DeliverAsync(BindingTarget target, Pipeline policy, BindingEvent read, CancellationToken cancellationToken)
    {
        using var activity = tracing.Source.StartActivity($"bindings/{target.Name}", ActivityKind.Consumer);
        var started = clock.GetTimestamp();
        var answer = default(BindingAnswer);
        try
        {
            answer = await policy.RunAsync(
                async token =>
                {
                    var once = await app.SendAsync(target, read, TraceContext.Of(activity), token);
                    return once.EndsRetries ? once : Attempt<BindingAnswer>.Failure(once, once.Code);
                },
                cancellationToken);
        }
        finally
        {
            metrics.AppCalls.BindingRead(target.Name, answer is { IsTaken: true }, clock.GetElapsedTime(started));
        }

        if (!answer.IsTaken)
        {
            throw new BindingFailedException($"the app answered {answer.Text} to an event of binding {target.Name}");
        }
    }

    [LoggerMessage(LogLevel.Information, "Binding {Binding} delivers to the app")]
    private static partial void LogStarted(ILogger logger, string binding);

    [LoggerMessage(LogLevel.Information, "The app does not want binding {Binding}")]
    private static partial void LogNotWanted(ILogger logger, string binding);
}

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
    ILogger<InputBindings> logger) : IAppLifecycle
{
    private readonly List<IAsyncDisposable> _running = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (spec, binding) in components.InputBindings)
            {
                var target = new BindingTarget(spec.Name, Find(spec, "route") is { Length: > 0 } route ? route : spec.Name);
                if (await IsWantedAsync(spec, target, cancellationToken))
                {
                    var policy = resiliency.ForInbound(spec.Name);
                    _running.Add(await binding.StartAsync((read, token) => DeliverAsync(target, policy, read, token), cancellationToken));
                    LogStarted(logger, spec.Name);
                }
            }
        }
        catch
        {
            // The start is tried again as a whole.
            await StopAsync(CancellationToken.None);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var ending = _running.ConvertAll(binding => binding.DisposeAsync().AsTask());
        _running.Clear();
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

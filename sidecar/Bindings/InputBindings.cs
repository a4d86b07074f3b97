using System.Diagnostics;
using System.Net.Http.Headers;
using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.Bindings;

/// <summary>The app did not take a binding's event.</summary>
internal sealed class BindingFailedException(string message) : Exception(message);

/// <summary>Runs the input bindings that the app wants while it is healthy (dapr-contract.md 9.3).</summary>
internal sealed partial class InputBindings(
    ComponentRegistry components,
    IAppChannel app,
    ResiliencyPolicies resiliency,
    SidecarTracing tracing,
    TimeProvider clock,
    ILogger<InputBindings> logger) : IAppLifecycle
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    private readonly List<IAsyncDisposable> _running = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (spec, binding) in components.InputBindings)
            {
                var path = TargetPath.ToUri(Find(spec, "route") is { Length: > 0 } route ? route : spec.Name);
                if (await IsWantedAsync(spec, path, cancellationToken))
                {
                    var policy = resiliency.ForInbound(spec.Name);
                    _running.Add(await binding.StartAsync((read, token) => DeliverAsync(spec.Name, path, policy, read, token), cancellationToken));
                    LogStarted(logger, spec.Name, path);
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

    private async Task<bool> IsWantedAsync(ComponentSpec spec, Uri path, CancellationToken cancellationToken)
    {
        if (Find(spec, "direction") is { } direction)
        {
            return direction.Split(',', StringSplitOptions.TrimEntries).Contains("input", StringComparer.OrdinalIgnoreCase);
        }

        using var limit = new CancellationTokenSource(ProbeTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        try
        {
            using var response = await app.SendAsync(request, both.Token);
            var status = (int)response.StatusCode;
            if (status is (>= 200 and <= 299) or StatusCodes.Status405MethodNotAllowed)
            {
                return true;
            }

            LogNotWanted(logger, spec.Name, path, status);
            return false;
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the app did not answer OPTIONS {path} within {ProbeTimeout.TotalSeconds} s", late);
        }
    }

    // A policy takes only 200 for a success; without one, or after it, any 2xx is.
    private async Task DeliverAsync(string name, Uri path, Pipeline policy, BindingEvent read, CancellationToken cancellationToken)
    {
        using var activity = tracing.Source.StartActivity($"bindings/{name}", ActivityKind.Consumer);
        var status = await policy.RunAsync(
            async token =>
            {
                var answer = await PostAsync(path, read, TraceContext.Of(activity), token);
                return answer == StatusCodes.Status200OK ? answer : Attempt<int>.Failure(answer, answer);
            },
            cancellationToken);
        if (status is < 200 or > 299)
        {
            throw new BindingFailedException($"the app answered {status} to an event of binding {name}");
        }
    }

    private async Task<int> PostAsync(Uri path, BindingEvent read, TraceContext trace, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(read.Data) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (header, value) in read.Metadata)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        if (trace.Traceparent.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("traceparent", trace.Traceparent);
        }

        using var response = await app.SendAsync(request, cancellationToken);
        return (int)response.StatusCode;
    }

    [LoggerMessage(LogLevel.Information, "Binding {Binding} delivers to {Path}")]
    private static partial void LogStarted(ILogger logger, string binding, Uri path);

    [LoggerMessage(LogLevel.Information, "The app does not want binding {Binding}: OPTIONS {Path} answered {Status}")]
    private static partial void LogNotWanted(ILogger logger, string binding, Uri path, int status);
}

using System.Globalization;
using System.Net.Http.Headers;
using Sidecar.Components.Bindings;
using Sidecar.Invocation;
using Sidecar.Tracing;

namespace Sidecar.Bindings;

/// <summary>OPTIONS asks an HTTP app whether it wants a binding, POST brings the events.</summary>
internal sealed partial class HttpBindingApp(IAppChannel app, TimeProvider clock, ILogger<HttpBindingApp> logger) : IBindingApp
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    public async Task<bool> WantsAsync(BindingTarget target, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ProbeTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var path = TargetPath.ToUri(target.Route);
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        try
        {
            using var response = await app.SendAsync(request, both.Token);
            var status = (int)response.StatusCode;
            LogProbed(logger, target.Name, path, status);
            return status is (>= 200 and <= 299) or StatusCodes.Status405MethodNotAllowed;
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the app did not answer OPTIONS {path} within {ProbeTimeout.TotalSeconds} s", late);
        }
    }

    // A policy takes only 200 for a success; without one, or after it, any 2xx is.
    public async Task<BindingAnswer> SendAsync(BindingTarget target, BindingEvent read, TraceContext trace, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TargetPath.ToUri(target.Route)) { Content = new ReadOnlyMemoryContent(read.Data) };
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
        var status = (int)response.StatusCode;
        return new BindingAnswer(
            status is >= 200 and <= 299, status == StatusCodes.Status200OK, status, status.ToString(CultureInfo.InvariantCulture));
    }

    [LoggerMessage(LogLevel.Information, "The app answered OPTIONS {Path} for binding {Binding} with {Status}")]
    private static partial void LogProbed(ILogger logger, string binding, Uri path, int status);
}

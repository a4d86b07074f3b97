using Sidecar.Tracing;

namespace Sidecar.Invocation;

/// <summary>A call that came as one message (dapr-contract.md 7.2); its metadata become headers.</summary>
internal sealed class MessageInvocation(
    HttpMethod verb,
    Uri target,
    byte[] body,
    string contentType,
    IHeaderDictionary metadata,
    InvocationIdentity identity,
    TraceContext trace) : IInvocation
{
    /// <summary>Why no HTTP app can be called with the verb of this message; null when one can.</summary>
    public string? NoVerb { get; init; }

    public string DataType { get; init; } = "";

    public bool IsStream => false;

    public bool CanBeSentAgain => true;

    public Task KeepBodyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public HttpRequestMessage Build()
    {
        var request = new HttpRequestMessage(verb, target);
        if (body.Length > 0 || contentType.Length > 0)
        {
            request.Content = new ByteArrayContent(body);
        }

        var nominated = HeaderRules.NominatedBy(default);
        foreach (var (name, values) in metadata)
        {
            if (!IsOfTheCall(name) && HeaderRules.GoesToApp(name, nominated))
            {
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        identity.AddTo(request.Headers);
        AddWhenPresent(request, SidecarHeaders.NoVerb, NoVerb ?? "");
        AddWhenPresent(request, SidecarHeaders.DataType, DataType);
        if (contentType.Length > 0)
        {
            request.Content!.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        AddWhenPresent(request, "traceparent", trace.Traceparent);
        AddWhenPresent(request, "tracestate", trace.Tracestate);
        AddWhenPresent(request, "baggage", trace.Baggage);
        return request;
    }

    // The gRPC call's own headers say nothing about the call to the app; binary metadata have no form in HTTP.
    private static bool IsOfTheCall(string name) =>
        name.StartsWith(':')
        || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-type", StringComparison.OrdinalIgnoreCase);

    private static void AddWhenPresent(HttpRequestMessage request, string name, string value)
    {
        if (value.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}

using System.Globalization;
using Sidecar.Clients;

namespace Sidecar.Components.Bindings.Http;

/// <summary>
/// bindings.http: one HTTP request per invocation. The invocation's metadata gives the <c>path</c> behind the URL, whether an answer
/// other than 2xx is an error (<c>errorIfNot2XX</c>), and, under names that begin with a capital letter, headers.
/// </summary>
internal sealed class HttpBinding : IOutputBinding
{
    private const string PostAlias = "create";
    private const string DefaultContentType = "application/json; charset=utf-8";

    private static readonly string[] WithBody = ["create", "post", "put", "patch"];

    private readonly HttpBindingOptions _options;
    private readonly HttpClient _client;

    private HttpBinding(HttpBindingOptions options)
    {
        _options = options;
        _client = new HttpClient(Handler(options)) { Timeout = options.ResponseTimeout > TimeSpan.Zero ? options.ResponseTimeout : Timeout.InfiniteTimeSpan };
    }

    public IReadOnlyList<string> Operations { get; } = [PostAlias, "get", "head", "post", "put", "patch", "delete", "options", "trace"];

    public bool IsRemote => true;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = HttpBindingOptions.Parse(metadata);
        metadata.Text("direction");
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new HttpBinding(options) : null;
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<BindingReply?> InvokeAsync(BindingInvocation invocation, CancellationToken cancellationToken)
    {
        using var request = Write(invocation);
        try
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var reply = new BindingReply(await ReadAsync(answer, cancellationToken), Describe(answer));
            return answer.IsSuccessStatusCode || !FailsOnStatus(invocation)
                ? reply
                : throw new ComponentException(
                    ComponentFault.Failed, string.Create(CultureInfo.InvariantCulture, $"received status code {(int)answer.StatusCode}"));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ComponentException(
                ComponentFault.Failed,
                failure is OperationCanceledException
                    ? $"{request.Method} {request.RequestUri}: no answer within responseTimeout ({_options.ResponseTimeout.TotalSeconds} s)"
                    : $"{request.Method} {request.RequestUri}: {failure.Message}",
                failure);
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static SocketsHttpHandler Handler(HttpBindingOptions options)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ActivityHeadersPropagator = null };
        handler.SslOptions.Trust(options.RootAuthority, options.ClientCertificate);
        return handler;
    }

    private HttpRequestMessage Write(BindingInvocation invocation)
    {
        var operation = invocation.Operation;
        var request = new HttpRequestMessage(
            operation == PostAlias ? HttpMethod.Post : new HttpMethod(operation.ToUpperInvariant()),
            Target(invocation.Metadata.GetValueOrDefault("path")));
        if (WithBody.Contains(operation))
        {
            request.Content = new ReadOnlyMemoryContent(invocation.Data);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", invocation.Metadata.GetValueOrDefault("Content-Type") ?? DefaultContentType);
        }

        if (_options.Security is { } security)
        {
            request.Headers.TryAddWithoutValidation(security.Header, security.Token);
        }

        AddWhenPresent(request, "traceparent", invocation.Trace.Traceparent);
        AddWhenPresent(request, "tracestate", invocation.Trace.Tracestate);
        foreach (var (name, value) in invocation.Metadata)
        {
            if (name.Length > 0 && char.IsAsciiLetterUpper(name[0]) && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private static void AddWhenPresent(HttpRequestMessage request, string name, string value)
    {
        if (value.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private Uri Target(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return _options.Url;
        }

        var text = $"{_options.Url.AbsoluteUri.TrimEnd('/')}/{path.TrimStart('/')}";
        return Uri.TryCreate(text, UriKind.Absolute, out var target) && target.Authority == _options.Url.Authority
            ? target
            : throw new ComponentException(ComponentFault.BadRequest, $"the metadata 'path' does not make a URL of {_options.Url}: {path}");
    }

    private bool FailsOnStatus(BindingInvocation invocation) =>
        invocation.Metadata.TryGetValue("errorIfNot2XX", out var text)
            ? text.ToUpperInvariant() is "TRUE" or "T" or "1" or "Y" or "YES" or "ON"
            : _options.ErrorIfNot2XX;

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var kept = new MemoryStream();
        var chunk = new byte[8192];
        while (true)
        {
            var room = _options.MaxResponseBodySize == 0 ? chunk.Length : Math.Min(chunk.Length, _options.MaxResponseBodySize - kept.Length);
            var read = room == 0 ? 0 : await body.ReadAsync(chunk.AsMemory(0, (int)room), cancellationToken);
            if (read == 0)
            {
                return kept.ToArray();
            }

            kept.Write(chunk, 0, read);
        }
    }

    private static Dictionary<string, string> Describe(HttpResponseMessage answer)
    {
        var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["statusCode"] = status,
            ["status"] = $"{status} {answer.ReasonPhrase}",
        };
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            metadata[name] = string.Join(", ", values);
        }

        return metadata;
    }
}

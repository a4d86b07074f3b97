using System.Net;
using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary>Sends calls to one sidecar and judges the answers.</summary>
internal sealed class SidecarApi : IDisposable
{
    // State, publish and the like have no limit of their own, as in the official client, whose time-out is for HTTP calls only:
    // the sidecar's resiliency policies decide, or the caller's token.
    private readonly HttpClient _calls = new(SidecarConnections.Shared, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _root;

    public SidecarApi(Uri endpoint, string token, JsonSerializerOptions json, TimeSpan? timeout)
    {
        _root = endpoint.GetLeftPart(UriPartial.Authority);
        Endpoint = new Uri(_root);
        Token = token;
        Json = json;
        _calls.DefaultRequestHeaders.UserAgent.Add(HttpDaprClient.Product);
        Http.DefaultRequestHeaders.UserAgent.Add(HttpDaprClient.Product);
        if (timeout is { } limit)
        {
            Http.Timeout = limit;
        }
    }

    public Uri Endpoint { get; }

    public string Token { get; }

    public JsonSerializerOptions Json { get; }

    /// <summary>For service invocation and health, which have a time limit.</summary>
    public HttpClient Http { get; } = new(SidecarConnections.Shared, disposeHandler: false);

    public void Dispose()
    {
        _calls.Dispose();
        Http.Dispose();
    }

    public HttpRequestMessage Request(HttpMethod method, SidecarPath path, HttpContent? content = null) =>
        Request(method, path.ToString(), content);

    public HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null)
    {
        // The path is encoded already. Canonicalisation would decode some of it again.
        var uri = new Uri(_root + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, uri) { Content = content };
        Authorize(request);
        return request;
    }

    public void Authorize(HttpRequestMessage request)
    {
        if (Token.Length > 0 && !request.Headers.Contains(DaprDefaults.ApiTokenHeader))
        {
            request.Headers.TryAddWithoutValidation(DaprDefaults.ApiTokenHeader, Token);
        }
    }

    public async Task SendAsync(SidecarOperation operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(operation, request, cancellationToken);
    }

    /// <summary>False when the sidecar answers that an etag did not match.</summary>
    public async Task<bool> TrySendAsync(SidecarOperation operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await AnswerAsync(operation, request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }

        return response.IsSuccessStatusCode
            ? true
            : throw await SidecarFailure.FromAnswerAsync(operation, response, cancellationToken);
    }

    /// <summary>A successful answer whose body is not read yet.</summary>
    public async Task<HttpResponseMessage> AskAsync(SidecarOperation operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await AnswerAsync(operation, request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await SidecarFailure.FromAnswerAsync(operation, response, cancellationToken);
        }
    }

    /// <summary>A successful answer's JSON; the type's default when it has no body.</summary>
    public async Task<T?> AskJsonAsync<T>(
        SidecarOperation operation, HttpRequestMessage request, JsonSerializerOptions options, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(operation, request, cancellationToken);
        return await ReadJsonAsync<T>(operation, response, options, cancellationToken);
    }

    public static async Task<T?> ReadJsonAsync<T>(
        SidecarOperation operation, HttpResponseMessage response, JsonSerializerOptions options, CancellationToken cancellationToken)
    {
        try
        {
            if (response.StatusCode == HttpStatusCode.NoContent || response.Content.Headers.ContentLength == 0)
            {
                return default;
            }

            // As a whole: parsing piece by piece goes through large values twice. When it is chunked, only reading tells whether there is anything.
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return bytes.Length == 0 ? default : JsonSerializer.Deserialize<T>(bytes, options);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            throw SidecarFailure.Unreadable(operation, e);
        }
    }

    private async Task<HttpResponseMessage> AnswerAsync(SidecarOperation operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                return await _calls.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                throw SidecarFailure.Unreachable(operation, e);
            }
        }
    }
}

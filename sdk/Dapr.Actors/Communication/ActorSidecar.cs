using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;

namespace Dapr.Actors.Communication;

/// <summary>
/// The sidecar's actor API, over HTTP. What the sidecar refuses is a <see cref="DaprApiException"/> with its error code, a wrong token an
/// <see cref="AuthenticationException"/>, no answer at all an <see cref="HttpRequestException"/>.
/// </summary>
internal sealed class ActorSidecar
{
    private const string TokenHeader = DaprDefaults.ApiTokenHeader;
    private const string ExpireTime = "Metadata.ttlExpireTime";
    private const int LongestQuote = 500;

    private static readonly MediaTypeHeaderValue Json = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");
    private static readonly MediaTypeHeaderValue Binary = MediaTypeHeaderValue.Parse("application/octet-stream; charset=utf-8");
    private static readonly MediaTypeHeaderValue Text = MediaTypeHeaderValue.Parse("text/plain; charset=utf-8");

    // No cookies: the pool is shared, so one call's cookie would travel with another's. No proxy: the sidecar is a neighbour.
    private static readonly SocketsHttpHandler Shared = new()
    {
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private static readonly HttpClient SharedClient = new(Shared, disposeHandler: false);

    private readonly HttpClient _http;
    private readonly string _root;
    private readonly string? _token;

    public ActorSidecar(string? endpoint, string? token, TimeSpan? timeout = null, HttpMessageHandler? handler = null)
    {
        // An endpoint may end in a slash and the paths begin with one.
        _root = (endpoint ?? DaprDefaults.GetDefaultHttpEndpoint()).TrimEnd('/');
        _token = token;
        _http = timeout is null && handler is null ? SharedClient : new HttpClient(handler ?? Shared, disposeHandler: false);
        if (timeout is { } limit)
        {
            _http.Timeout = limit;
        }
    }

    /// <summary>Calls a method with plain JSON.</summary>
    public async Task<byte[]> InvokeAsync(string type, ActorId id, string method, byte[]? json, CancellationToken cancellationToken)
    {
        using var request = Call(type, id, method, json, Json);
        using var response = await SendAsync(request, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Calls a method on behalf of a strongly typed proxy. Throws <see cref="ActorMethodInvocationException"/> when the method threw.</summary>
    public async Task<byte[]> InvokeRemotelyAsync(
        string type, ActorId id, string method, string header, byte[]? body, CancellationToken cancellationToken)
    {
        using var request = Call(type, id, method, body, Binary);
        request.Headers.TryAddWithoutValidation(RemotingHeader.Name, header);
        using var response = await SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.Headers.Contains(RemotingFailure.Name)
            ? throw RemotingFailure.Read(type, id, method, answer)
            : answer;
    }

    /// <summary>A stored value; null when there is none.</summary>
    public async Task<(byte[] Json, DateTimeOffset? Expires)?> GetStateAsync(string type, ActorId id, string key, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, $"{Actor(type, id)}/state/{Segment(key)}");
        using var response = await SendAsync(request, cancellationToken);
        var json = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (json.Length == 0)
        {
            return null;
        }

        var expires = response.Headers.TryGetValues(ExpireTime, out var values)
            && DateTimeOffset.TryParse(values.First(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : (DateTimeOffset?)null;
        return (json, expires);
    }

    /// <summary>Writes all changes or none.</summary>
    public Task SaveStateAsync(string type, ActorId id, byte[] operations, CancellationToken cancellationToken) =>
        TellAsync(HttpMethod.Put, $"{Actor(type, id)}/state", operations, Text, cancellationToken);

    public Task SetReminderAsync(string type, ActorId id, string name, byte[] body, CancellationToken cancellationToken) =>
        TellAsync(HttpMethod.Put, $"{Actor(type, id)}/reminders/{Segment(name)}", body, Json, cancellationToken);

    public async Task<byte[]> GetReminderAsync(string type, ActorId id, string name, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, $"{Actor(type, id)}/reminders/{Segment(name)}");
        using var response = await SendAsync(request, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public Task DeleteReminderAsync(string type, ActorId id, string name, CancellationToken cancellationToken) =>
        TellAsync(HttpMethod.Delete, $"{Actor(type, id)}/reminders/{Segment(name)}", null, null, cancellationToken);

    public Task SetTimerAsync(string type, ActorId id, string name, byte[] body, CancellationToken cancellationToken) =>
        TellAsync(HttpMethod.Put, $"{Actor(type, id)}/timers/{Segment(name)}", body, Json, cancellationToken);

    public Task DeleteTimerAsync(string type, ActorId id, string name, CancellationToken cancellationToken) =>
        TellAsync(HttpMethod.Delete, $"{Actor(type, id)}/timers/{Segment(name)}", null, null, cancellationToken);

    private static string Actor(string type, ActorId id) => $"/v1.0/actors/{Segment(type)}/{Segment(id.GetId())}";

    // A dot segment is resolved away by every HTTP stack, even when its dots are percent-encoded.
    private static string Segment(string name) => name is "." or ".."
        ? throw new ArgumentException($"The name '{name}' cannot be sent: it would be taken for a relative path.", nameof(name))
        : Uri.EscapeDataString(name);

    private HttpRequestMessage Call(string type, ActorId id, string method, byte[]? body, MediaTypeHeaderValue contentType)
    {
        var request = Request(HttpMethod.Put, $"{Actor(type, id)}/method/{Segment(method)}", body, contentType);
        if (ReentrancyChain.Current is { } chain)
        {
            request.Headers.TryAddWithoutValidation(ReentrancyChain.Header, chain);
        }

        return request;
    }

    private HttpRequestMessage Request(HttpMethod method, string path, byte[]? body = null, MediaTypeHeaderValue? contentType = null)
    {
        // The path is encoded already. Canonicalisation would decode some of it again.
        var uri = new Uri(_root + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, uri);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = contentType } };
        }

        if (!string.IsNullOrWhiteSpace(_token))
        {
            request.Headers.TryAddWithoutValidation(TokenHeader, _token);
        }

        return request;
    }

    private async Task TellAsync(
        HttpMethod method, string path, byte[]? body, MediaTypeHeaderValue? contentType, CancellationToken cancellationToken)
    {
        using var request = Request(method, path, body, contentType);
        using var response = await SendAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await _http.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                ? new AuthenticationException($"The sidecar refused {request.Method} {request.RequestUri!.AbsolutePath}: its API token is missing or wrong, or the call is not allowed.")
                : Refusal(request, response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    private static DaprApiException Refusal(HttpRequestMessage request, HttpStatusCode status, string body)
    {
        var subject = $"{request.Method} {request.RequestUri!.AbsolutePath} was answered {(int)status}";
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("errorCode", out var code)
                && document.RootElement.TryGetProperty("message", out var message))
            {
                return new DaprApiException($"{subject}: {message}", code.ToString(), isTransient: false);
            }
        }
        catch (JsonException)
        {
            // Something between here and the sidecar answered in its own words; they are quoted below.
        }

        return new DaprApiException($"{subject}: {(body.Length <= LongestQuote ? body : body[..LongestQuote])}");
    }
}

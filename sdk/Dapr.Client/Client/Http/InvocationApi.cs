using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary><c>{verb} /v1.0/invoke/{appId}/method/{method}?query</c>.</summary>
internal sealed class InvocationApi(SidecarApi api)
{
    // A request remembers whom it calls, so that its failure can say so.
    private static readonly HttpRequestOptionsKey<string> AppId = new("dapr-app-id");
    private static readonly HttpRequestOptionsKey<string> MethodName = new("dapr-method-name");

    public HttpRequestMessage Request(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> query)
    {
        ArgumentNullException.ThrowIfNull(httpMethod);
        ArgumentException.ThrowIfNullOrEmpty(appId);
        ArgumentNullException.ThrowIfNull(methodName);

        // The method is a path that the application chose, possibly with a query of its own: it is taken as it is.
        var path = new StringBuilder($"/v1.0/invoke/{appId}/method/{methodName.TrimStart('/')}");
        var separator = methodName.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in query ?? [])
        {
            path.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        var request = new HttpRequestMessage(httpMethod, new Uri(api.Endpoint, path.ToString()));
        request.Options.Set(AppId, appId);
        request.Options.Set(MethodName, methodName);
        api.Authorize(request);
        return request;
    }

    public HttpRequestMessage Request<TRequest>(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> query, TRequest data)
    {
        var request = Request(httpMethod, appId, methodName, query);
        request.Content = JsonContent.Create(data, options: api.Json);
        return request;
    }

    /// <summary>The answer, whatever its status, with its body still streaming.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { IsAbsoluteUri: true } uri || !api.Endpoint.IsBaseOf(uri))
        {
            throw new InvalidOperationException($"'{request.RequestUri}' is not a service invocation through the sidecar at {api.Endpoint}.");
        }

        try
        {
            api.Authorize(request);
            return await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw Failure(request, e, null);
        }
    }

    public async Task SendForSuccessAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        (await SuccessAsync(request, cancellationToken)).Dispose();

    public async Task<TResponse> SendForJsonAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await SuccessAsync(request, cancellationToken);
        try
        {
            var answer = await response.Content.ReadFromJsonAsync<TResponse>(api.Json, cancellationToken);
            response.Dispose();
            return answer!;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw Failure(request, e, response);
        }
    }

    // The answer is not disposed on failure: the exception hands it to the caller, who may want its body.
    private async Task<HttpResponseMessage> SuccessAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await SendAsync(request, cancellationToken);
        try
        {
            return response.EnsureSuccessStatusCode();
        }
        catch (HttpRequestException e)
        {
            throw Failure(request, e, response);
        }
    }

    private static InvocationException Failure(HttpRequestMessage request, Exception cause, HttpResponseMessage? response)
    {
        request.Options.TryGetValue(AppId, out var appId);
        request.Options.TryGetValue(MethodName, out var methodName);
        return new InvocationException(appId, methodName, cause, response);
    }
}

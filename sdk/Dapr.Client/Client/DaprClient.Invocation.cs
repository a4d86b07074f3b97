using Dapr.Client.Http;

namespace Dapr.Client;

public abstract partial class DaprClient
{
    private const string UseHttpClient =
        "Invoke services with an HttpClient from CreateInvokeHttpClient or CreateInvokableHttpClient.";

    /// <summary>
    /// A client that invokes services: <c>http://{appId}/{path}</c> goes through the sidecar. With an app id, relative URIs go to that app.
    /// </summary>
    /// <exception cref="ArgumentException">The app id is no host name.</exception>
    public static HttpClient CreateInvokeHttpClient(string? appId = null, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var handler = new InvocationHandler { InnerHandler = SidecarConnections.Shared, DefaultAppId = appId };
        if (daprEndpoint is not null)
        {
            handler.DaprEndpoint = daprEndpoint;
        }

        if (daprApiToken is not null)
        {
            handler.ApiToken = daprApiToken;
        }

        // The connections are shared by all clients of the process, so no single client may close them.
        var client = new HttpClient(handler, disposeHandler: false);
        client.DefaultRequestHeaders.UserAgent.Add(UserAgent());
        if (appId is null)
        {
            return client;
        }

        try
        {
            client.BaseAddress = new Uri($"http://{appId}");
            return client;
        }
        catch (UriFormatException e)
        {
            throw new ArgumentException($"The app id '{appId}' is not a valid host name.", nameof(appId), e);
        }
    }

    /// <summary>A POST request to a method of an application.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(string appId, string methodName) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);

    /// <summary>A POST request to a method of an application, with a query string.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, queryStringParameters);

    /// <summary>A request to a method of an application.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName);

    /// <summary>A request to a method of an application, with a query string.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod,
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters);

    /// <summary>A POST request with a JSON body to a method of an application.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest<TRequest>(string appId, string methodName, TRequest data) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);

    /// <summary>A request with a JSON body and a query string to a method of an application.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod,
        string appId,
        string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters,
        TRequest data);

    /// <summary>Sends a request made by <c>CreateInvokeMethodRequest</c> and gives the answer, whatever its status.</summary>
    /// <exception cref="InvalidOperationException">The request does not go to the sidecar.</exception>
    /// <exception cref="InvocationException">No answer came.</exception>
    [Obsolete(UseHttpClient)]
    public abstract Task<HttpResponseMessage> InvokeMethodWithResponseAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>A client that invokes services through this client's sidecar; see <see cref="CreateInvokeHttpClient"/>.</summary>
    public abstract HttpClient CreateInvokableHttpClient(string? appId = null);

    /// <summary>Sends a request and expects success.</summary>
    [Obsolete(UseHttpClient)]
    public abstract Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends a request and expects success with a JSON body.</summary>
    [Obsolete(UseHttpClient)]
    public abstract Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Posts to a method and expects success.</summary>
    [Obsolete(UseHttpClient)]
    public Task InvokeMethodAsync(string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(appId, methodName), cancellationToken);

    /// <summary>Calls a method and expects success.</summary>
    [Obsolete(UseHttpClient)]
    public Task InvokeMethodAsync(HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(httpMethod, appId, methodName), cancellationToken);

    /// <summary>Posts JSON to a method and expects success.</summary>
    [Obsolete(UseHttpClient)]
    public Task InvokeMethodAsync<TRequest>(string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(appId, methodName, data), cancellationToken);

    /// <summary>Sends JSON to a method and expects success.</summary>
    [Obsolete(UseHttpClient)]
    public Task InvokeMethodAsync<TRequest>(HttpMethod httpMethod, string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(httpMethod, appId, methodName, [], data), cancellationToken);

    /// <summary>Posts to a method and expects a JSON answer.</summary>
    [Obsolete(UseHttpClient)]
    public Task<TResponse> InvokeMethodAsync<TResponse>(string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(appId, methodName), cancellationToken);

    /// <summary>Calls a method and expects a JSON answer.</summary>
    [Obsolete(UseHttpClient)]
    public Task<TResponse> InvokeMethodAsync<TResponse>(HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(httpMethod, appId, methodName), cancellationToken);

    /// <summary>Posts JSON to a method and expects a JSON answer.</summary>
    [Obsolete(UseHttpClient)]
    public Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(appId, methodName, data), cancellationToken);

    /// <summary>Sends JSON to a method and expects a JSON answer.</summary>
    [Obsolete(UseHttpClient)]
    public Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(HttpMethod httpMethod, string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(httpMethod, appId, methodName, [], data), cancellationToken);
}

using System.Text.Json;
using Dapr.Client.Http;

namespace Dapr.Client;

/// <summary>Makes a <see cref="DaprClient"/>. What is not said is taken from the environment.</summary>
public sealed class DaprClientBuilder
{
    private string _httpEndpoint = DaprDefaults.GetDefaultHttpEndpoint();
    private string _grpcEndpoint = DaprDefaults.GetDefaultGrpcEndpoint();
    private string _apiToken = DaprDefaults.GetDefaultDaprApiToken(null);
    private JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);
    private TimeSpan? _timeout;

    /// <summary>The sidecar's HTTP endpoint.</summary>
    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        _httpEndpoint = httpEndpoint;
        return this;
    }

    /// <summary>The sidecar's gRPC endpoint. It is checked, but this client speaks HTTP only.</summary>
    public DaprClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        _grpcEndpoint = grpcEndpoint;
        return this;
    }

    /// <summary>How values are written as JSON; the web defaults unless said.</summary>
    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        _json = options;
        return this;
    }

    /// <summary>The token that the sidecar asks of its callers.</summary>
    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        _apiToken = apiToken;
        return this;
    }

    /// <summary>Limits service invocations and health checks. Other calls end with the sidecar's answer or by cancellation.</summary>
    public DaprClientBuilder UseTimeout(TimeSpan timeout)
    {
        _timeout = timeout;
        return this;
    }

    /// <summary>Makes the client.</summary>
    /// <exception cref="InvalidOperationException">An endpoint is neither http nor https.</exception>
    public DaprClient Build()
    {
        var endpoint = HttpUri(_httpEndpoint, "HTTP");
        HttpUri(_grpcEndpoint, "gRPC");
        return new HttpDaprClient(new SidecarApi(endpoint, _apiToken ?? string.Empty, _json, _timeout));
    }

    private static Uri HttpUri(string endpoint, string api)
    {
        var uri = new Uri(endpoint);
        return uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps
            ? uri
            : throw new InvalidOperationException($"The sidecar's {api} endpoint '{endpoint}' must be an http or https URI.");
    }
}

using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Dapr.Common;

/// <summary>Collects what every client of the sidecar needs: endpoints, token, JSON settings, timeout.</summary>
/// <typeparam name="TClientBuilder">The client that is built.</typeparam>
public abstract class DaprGenericClientBuilder<TClientBuilder>
    where TClientBuilder : class, IDaprClient
{
    /// <summary>Takes endpoints and token from the configuration, then from the environment.</summary>
    protected DaprGenericClientBuilder(IConfiguration? configuration = null)
    {
        HttpEndpoint = DaprDefaults.GetDefaultHttpEndpoint(configuration);
        GrpcEndpoint = DaprDefaults.GetDefaultGrpcEndpoint(configuration);
        DaprApiToken = DaprDefaults.GetDefaultDaprApiToken(configuration);
    }

    /// <summary>JSON settings of the client; the web defaults unless replaced.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; private set; } = new(JsonSerializerDefaults.Web);

    /// <summary>Token sent as <c>dapr-api-token</c>; empty for none.</summary>
    public string DaprApiToken { get; private set; }

    internal string HttpEndpoint { get; private set; }

    internal string GrpcEndpoint { get; private set; }

    internal IHttpClientFactory? HttpClientFactory { get; private set; }

    internal TimeSpan? Timeout { get; private set; }

    /// <summary>Replaces the HTTP endpoint.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        HttpEndpoint = httpEndpoint;
        return this;
    }

    /// <summary>Makes HTTP clients with this factory.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseHttpClientFactory(IHttpClientFactory httpClientFactory)
    {
        HttpClientFactory = httpClientFactory;
        return this;
    }

    /// <summary>Replaces the gRPC endpoint.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        GrpcEndpoint = grpcEndpoint;
        return this;
    }

    /// <summary>Replaces the JSON settings.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        JsonSerializerOptions = options;
        return this;
    }

    /// <summary>Replaces the API token.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseDaprApiToken(string apiToken)
    {
        DaprApiToken = apiToken;
        return this;
    }

    /// <summary>Limits every HTTP call.</summary>
    public DaprGenericClientBuilder<TClientBuilder> UseTimeout(TimeSpan timeout)
    {
        Timeout = timeout;
        return this;
    }

    /// <summary>Makes the client.</summary>
    public abstract TClientBuilder Build();
}

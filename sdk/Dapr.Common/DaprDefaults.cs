using Microsoft.Extensions.Configuration;

namespace Dapr;

/// <summary>
/// Names and default values of the settings that tell an application where its sidecar is.
/// A configuration key wins over the environment variable of the same name.
/// </summary>
public static class DaprDefaults
{
    /// <summary>Token that the sidecar asks of its callers; sent as <c>dapr-api-token</c>.</summary>
    public const string DaprApiTokenEnvironmentVariableName = "DAPR_API_TOKEN";

    /// <summary>Token that the sidecar shows when it calls the application.</summary>
    public const string AppApiTokenEnvironmentVariableName = "APP_API_TOKEN";

    /// <summary>Full URI of the sidecar's HTTP API; wins over the port.</summary>
    public const string DaprHttpEndpointEnvironmentVariableName = "DAPR_HTTP_ENDPOINT";

    /// <summary>Port of the sidecar's HTTP API on <see cref="DefaultDaprHost"/>.</summary>
    public const string DaprHttpPortEnvironmentVariableName = "DAPR_HTTP_PORT";

    /// <summary>Full URI of the sidecar's gRPC API; wins over the port.</summary>
    public const string DaprGrpcEndpointEnvironmentVariableName = "DAPR_GRPC_ENDPOINT";

    /// <summary>Port of the sidecar's gRPC API on <see cref="DefaultDaprHost"/>.</summary>
    public const string DaprGrpcPortEnvironmentVariableName = "DAPR_GRPC_PORT";

    /// <summary>Scheme of an endpoint that is known by its port only.</summary>
    public const string DefaultDaprScheme = "http";

    /// <summary>Host of an endpoint that is known by its port only.</summary>
    public const string DefaultDaprHost = "localhost";

    /// <summary>Port of the HTTP API when nothing else is said.</summary>
    public const int DefaultHttpPort = 3500;

    /// <summary>Port of the gRPC API when nothing else is said.</summary>
    public const int DefaultGrpcPort = 50001;

    /// <summary>The sidecar's API token, or an empty string.</summary>
    public static string GetDefaultDaprApiToken(IConfiguration? configuration) =>
        Read(configuration, DaprApiTokenEnvironmentVariableName) ?? string.Empty;

    /// <summary>A client whose base address is the sidecar's HTTP API and which sends the API token.</summary>
    public static HttpClient CreateDefaultHttpClient(IHttpClientFactory httpClientFactory, IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(httpClientFactory);
        var client = httpClientFactory.CreateClient();
        client.BaseAddress = new Uri(GetDefaultHttpEndpoint(configuration));
        var token = GetDefaultDaprApiToken(configuration);
        if (token.Length > 0)
        {
            client.DefaultRequestHeaders.Add(ApiTokenHeader, token);
        }

        return client;
    }

    /// <summary>The application's API token, or an empty string.</summary>
    public static string GetDefaultAppApiToken(IConfiguration? configuration) =>
        Read(configuration, AppApiTokenEnvironmentVariableName) ?? string.Empty;

    /// <summary>The sidecar's HTTP endpoint, with a slash at its end.</summary>
    /// <exception cref="FormatException">The port is not a number.</exception>
    public static string GetDefaultHttpEndpoint(IConfiguration? configuration = null) =>
        Endpoint(configuration, DaprHttpEndpointEnvironmentVariableName, DaprHttpPortEnvironmentVariableName, DefaultHttpPort);

    /// <summary>The sidecar's gRPC endpoint, with a slash at its end.</summary>
    /// <exception cref="FormatException">The port is not a number.</exception>
    public static string GetDefaultGrpcEndpoint(IConfiguration? configuration = null) =>
        Endpoint(configuration, DaprGrpcEndpointEnvironmentVariableName, DaprGrpcPortEnvironmentVariableName, DefaultGrpcPort);

    internal const string ApiTokenHeader = "dapr-api-token";

    private static string Endpoint(IConfiguration? configuration, string endpointName, string portName, int defaultPort)
    {
        // Scheme, host and port of a configured endpoint are kept; a path is dropped, since the API's own paths start at the root.
        var builder = new UriBuilder { Scheme = DefaultDaprScheme, Host = DefaultDaprHost, Port = defaultPort };
        if (Read(configuration, endpointName) is { } endpoint)
        {
            var configured = new Uri(endpoint);
            builder.Scheme = configured.Scheme;
            builder.Host = configured.Host;
            builder.Port = configured.Port;
        }
        else if (Read(configuration, portName) is { } port)
        {
            builder.Port = int.Parse(port, System.Globalization.CultureInfo.InvariantCulture);
        }

        return builder.ToString();
    }

    private static string? Read(IConfiguration? configuration, string name)
    {
        var value = configuration?[name];
        if (string.IsNullOrWhiteSpace(value))
        {
            value = Environment.GetEnvironmentVariable(name);
        }

        return string.IsNullOrWhiteSpace(value) ? null : value;
    }
}

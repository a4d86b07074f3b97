#nullable disable
using System.Text.Json;

namespace Dapr.Actors.Client;

/// <summary>How a proxy speaks to the sidecar.</summary>
public class ActorProxyOptions
{
    private JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <summary>JSON settings of arguments and results; the web defaults unless replaced.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public JsonSerializerOptions JsonSerializerOptions
    {
        get => _json;
        set => _json = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>Token sent as <c>dapr-api-token</c>; empty for none. Default: <c>DAPR_API_TOKEN</c>.</summary>
    public string DaprApiToken { get; set; } = DaprDefaults.GetDefaultDaprApiToken(null);

    /// <summary>The sidecar's HTTP endpoint. Default: <c>DAPR_HTTP_ENDPOINT</c>, else <c>DAPR_HTTP_PORT</c> on localhost.</summary>
    public string HttpEndpoint { get; set; } = DaprDefaults.GetDefaultHttpEndpoint();

    /// <summary>Limit of one call; null for the HTTP client's 100 seconds.</summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>
    /// Strongly typed calls carry JSON instead of binary XML. The host must have it set as well. This implementation knows JSON
    /// only and refuses to make strongly typed proxies without it.
    /// </summary>
    public bool UseJsonSerialization { get; set; }
}

using Confluent.Kafka;
using Sidecar.Components;

namespace Sidecar.Clients.Kafka;

/// <summary>What every connection to the brokers needs, with the names and defaults of Dapr's Kafka components.</summary>
/// <param name="DialTimeout">Longest time for a connection to be made.</param>
/// <param name="WriteTimeout">
/// Longest time until a publication is confirmed or has failed. Shorter than daprd's 30 s for one try: a caller waits, and a
/// restarting broker is back sooner.
/// </param>
/// <param name="ReadTimeout">Longest wait for the answer to a request.</param>
/// <param name="KeepAlive">Zero in Dapr's metadata means "as long as the broker likes".</param>
internal sealed record KafkaConnection(
    string Brokers,
    string? ClientId,
    KafkaVersion Version,
    KafkaSecurity Security,
    TimeSpan DialTimeout,
    TimeSpan WriteTimeout,
    TimeSpan ReadTimeout,
    TimeSpan RefreshInterval,
    TimeSpan KeepAlive)
{
    // Short: a broker that comes back is used within half a second, and one that stays away costs two tries a second.
    private const int FirstReconnectMilliseconds = 50;
    private const int LongestReconnectMilliseconds = 500;

    public static KafkaConnection Parse(ComponentMetadata metadata)
    {
        var second = TimeSpan.FromSeconds(1);
        var version = KafkaVersion.Default;
        if (metadata.Text("version") is { } text && !KafkaVersion.TryParse(text, out version))
        {
            metadata.Reject("version", $"'{text}' is no Kafka version such as 2.0.0 or 0.9.0.1");
        }

        // Known, and within readTimeout here.
        metadata.Duration("metadataTimeout", TimeSpan.Zero, TimeSpan.Zero, second);
        return new KafkaConnection(
            ParseBrokers(metadata),
            metadata.Text("clientID"),
            version,
            KafkaSecurity.Parse(metadata),
            metadata.Duration("dialTimeout", TimeSpan.FromSeconds(30), second, second),
            metadata.Duration("writeTimeout", TimeSpan.FromSeconds(10), second, second),
            metadata.Duration("readTimeout", TimeSpan.FromSeconds(30), second, second),
            // Below the nine minutes after which brokers close idle connections.
            metadata.Duration("clientConnectionTopicMetadataRefreshInterval", TimeSpan.FromMinutes(8), second, second),
            metadata.Duration("clientConnectionKeepAliveInterval", TimeSpan.Zero, TimeSpan.Zero, second));
    }

    public T Configure<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = Brokers;
        // daprd's default; quotas of a shared broker may go by it.
        config.ClientId = ClientId ?? "sarama";
        config.SocketConnectionSetupTimeoutMs = Milliseconds(DialTimeout);
        config.SocketTimeoutMs = Milliseconds(ReadTimeout);
        config.SocketKeepaliveEnable = true;
        config.SocketNagleDisable = true;
        config.ConnectionsMaxIdleMs = Milliseconds(KeepAlive);
        config.TopicMetadataRefreshIntervalMs = Milliseconds(RefreshInterval);
        config.ReconnectBackoffMs = FirstReconnectMilliseconds;
        config.ReconnectBackoffMaxMs = LongestReconnectMilliseconds;
        config.LogConnectionClose = false;
        if (!Version.AnswersVersionRequests)
        {
            config.ApiVersionRequest = false;
            config.BrokerVersionFallback = Version.Text;
        }

        Security.Apply(config);
        return config;
    }

    internal static int Milliseconds(TimeSpan duration) => (int)Math.Min(duration.TotalMilliseconds, int.MaxValue);

    private static string ParseBrokers(ComponentMetadata metadata)
    {
        var brokers = metadata.Required("brokers").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (brokers.Length == 0 && metadata.Text("brokers") is { } text)
        {
            metadata.Reject("brokers", $"'{text}' names no broker");
        }

        foreach (var broker in brokers)
        {
            if (!IsAddress(broker))
            {
                metadata.Reject("brokers", $"'{broker}' is not host:port");
            }
        }

        return string.Join(',', brokers);
    }

    private static bool IsAddress(string broker) =>
        Uri.TryCreate($"kafka://{broker}", UriKind.Absolute, out var uri)
        && uri.Host.Length > 0 && uri.Port is > 0 and <= 65535 && uri.PathAndQuery is "/" or "" && uri.UserInfo.Length == 0;
}

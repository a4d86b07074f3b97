using System.Globalization;

namespace Sidecar.Clients.Kafka;

/// <summary>The broker's version as Dapr's metadata gives it: "2.0.0", or four numbers where the first is 0, such as "0.9.0.1".</summary>
internal readonly record struct KafkaVersion(Version Number, string Text)
{
    public static readonly KafkaVersion Default = new(new Version(2, 0, 0), "2.0.0");

    private static readonly Version FirstWithVersionRequest = new(0, 10, 0, 0);
    private static readonly Version FirstWithHeaders = new(0, 11, 0, 0);

    /// <summary>Older brokers hang up on a client that asks what they can do.</summary>
    public bool AnswersVersionRequests => Number >= FirstWithVersionRequest;

    /// <summary>Record headers and the idempotent producer came together.</summary>
    public bool HasHeaders => Number >= FirstWithHeaders;

    public static bool TryParse(string text, out KafkaVersion version)
    {
        version = Default;
        var parts = text.Split('.');
        if (parts.Length != (parts[0] == "0" ? 4 : 3)
            || !parts.All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            return false;
        }

        version = new KafkaVersion(Version.Parse(text), text);
        return true;
    }
}

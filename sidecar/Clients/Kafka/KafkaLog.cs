using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Sidecar.Clients.Kafka;

/// <summary>
/// What librdkafka says, at our levels. It repairs connections by itself and reports each try, so those lines are for
/// debugging; <see cref="BrokerWatch"/> says once what a person should know. The rest is told once in a while per kind.
/// </summary>
internal sealed partial class KafkaLog(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    // Facilities of librdkafka that are about one connection or its next try.
    private static readonly HashSet<string> Connection = ["FAIL", "ERROR", "DISCONNECT", "CLOSE", "CONNECT", "REQTMOUT", "TERMINATE"];

    private readonly ConcurrentDictionary<string, long> _lastTold = new();

    public void Write(LogMessage message)
    {
        if (message.Level > SyslogLevel.Warning || Connection.Contains(message.Facility))
        {
            LogDetail(logger, message.Facility, message.Message);
        }
        else
        {
            Warn(message.Facility, message.Message);
        }
    }

    /// <summary>Once in a while per kind.</summary>
    public void Warn(string kind, string text)
    {
        if (IsDue(kind))
        {
            LogWarning(logger, kind, text);
        }
    }

    private bool IsDue(string kind)
    {
        var now = clock.GetTimestamp();
        var last = _lastTold.GetOrAdd(kind, now);
        return last == now || (clock.GetElapsedTime(last, now) >= Quiet && _lastTold.TryUpdate(kind, now, last));
    }

    [LoggerMessage(LogLevel.Debug, "librdkafka {Facility}: {Text}")]
    private static partial void LogDetail(ILogger logger, string facility, string text);

    [LoggerMessage(LogLevel.Warning, "Kafka {Kind}: {Text}")]
    private static partial void LogWarning(ILogger logger, string kind, string text);
}

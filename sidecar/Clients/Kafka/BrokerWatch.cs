using Confluent.Kafka;

namespace Sidecar.Clients.Kafka;

/// <summary>
/// Turns a client's stream of connection errors into two lines: brokers out of reach, brokers back. Also keeps the last
/// error, which tells a waiting caller more than its own timeout does.
/// </summary>
internal sealed partial class BrokerWatch(string brokers, string client, TimeProvider clock, ILogger logger)
{
    // A name with two addresses fails on one of them at every start; a real outage lasts longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private long? _downSince;
    private bool _told;

    /// <summary>Null while nothing is wrong.</summary>
    public Error? LastError { get; private set; }

    public void Failed(Error error)
    {
        lock (_gate)
        {
            // "All brokers down" only sums up the errors before it.
            LastError = error.Code == ErrorCode.Local_AllBrokersDown && LastError is not null ? LastError : error;
            if (error.Code == ErrorCode.Local_AllBrokersDown)
            {
                _downSince ??= clock.GetTimestamp();
            }
            else if (error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl)
            {
                // Nothing here gets better by itself.
                _downSince ??= clock.GetTimestamp() - (long)(Patience.TotalSeconds * clock.TimestampFrequency);
            }

            TellIfLasting();
        }
    }

    /// <summary>Called now and then by whoever waits for the broker anyway.</summary>
    public void Look()
    {
        lock (_gate)
        {
            TellIfLasting();
        }
    }

    public void Succeeded()
    {
        // Called for every message: nothing to do is the rule.
        if (LastError is null)
        {
            return;
        }

        lock (_gate)
        {
            (LastError, _downSince) = (null, null);
            if (_told)
            {
                _told = false;
                LogBack(logger, client, brokers);
            }
        }
    }

    private void TellIfLasting()
    {
        if (!_told && _downSince is { } since && clock.GetElapsedTime(since) >= Patience)
        {
            _told = true;
            LogDown(logger, client, brokers, LastError is null ? "" : KafkaErrors.Describe(LastError));
        }
    }

    [LoggerMessage(LogLevel.Warning, "Kafka {Client}: no broker of {Brokers} can be used, trying until one can: {Problem}")]
    private static partial void LogDown(ILogger logger, string client, string brokers, string problem);

    [LoggerMessage(LogLevel.Information, "Kafka {Client}: the brokers {Brokers} answer again")]
    private static partial void LogBack(ILogger logger, string client, string brokers);
}

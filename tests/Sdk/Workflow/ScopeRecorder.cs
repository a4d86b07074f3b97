using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Workflow;

/// <summary>Notes the instance ids that log scopes were opened with.</summary>
internal sealed class ScopeRecorder : ILoggerProvider, ILogger
{
    private readonly List<string> _instanceIds = [];

    public IReadOnlyList<string> InstanceIds
    {
        get
        {
            lock (_instanceIds)
            {
                return [.. _instanceIds];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        if (state is IEnumerable<KeyValuePair<string, object>> values)
        {
            lock (_instanceIds)
            {
                _instanceIds.AddRange(values.Where(value => value.Key == "InstanceId").Select(value => (string)value.Value));
            }
        }

        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
    }
}

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>Counts what is logged as an error or worse, so that an alert needs no store of logs.</summary>
internal sealed class ErrorLogCounter : ILoggerProvider, ILogger
{
    public const string Name = "shop.log.errors";

    private readonly Counter<long> _errors;

    public ErrorLogCounter(IMeterFactory meters) =>
        _errors = meters.Create(ShopActivity.SourceName).CreateCounter<long>(Name, "{record}", "Log records of level Error and above.");

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Error or LogLevel.Critical;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _errors.Add(1);
        }
    }

    public void Dispose()
    {
        // The meter belongs to its factory.
    }
}

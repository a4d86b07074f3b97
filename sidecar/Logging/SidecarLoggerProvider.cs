using Sidecar.Host;

namespace Sidecar.Logging;

/// <summary>Writes the log lines of one sidecar to its own writer: the launcher hosts many sidecars, each with a log file.</summary>
internal sealed class SidecarLoggerProvider(SidecarOptions options, TimeProvider clock) : ILoggerProvider
{
    // Lines come from many threads and the writer is not thread safe by itself.
    private readonly TextWriter _output = TextWriter.Synchronized(options.LogOutput ?? Console.Out);

    public static ILoggerFactory CreateFactory(SidecarOptions options, TimeProvider clock)
    {
        var provider = new SidecarLoggerProvider(options, clock);
        return LoggerFactory.Create(logging => logging
            .SetMinimumLevel(LevelOf(options.LogLevel))
            .AddFilter("Microsoft", LogLevel.Warning)
            // Switching this category off also stops ASP.NET Core from starting an activity of its own per request:
            // without tracing, a request must stay without a trace (dapr-contract.md 13).
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // A broken or oversized request is the client's affair and is answered; Kestrel's own line adds nothing.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.None)
            .AddProvider(provider));
    }

    public ILogger CreateLogger(string categoryName) => new ScopedLogger(this, ScopeOf(categoryName));

    public void Dispose() => _output.Flush();

    internal static LogLevel LevelOf(string level) => level.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.Debug,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "FATAL" or "PANIC" => LogLevel.Critical,
        _ => LogLevel.Information,
    };

    // Sidecar.PubSub.Delivery -> dapr.pubsub.delivery; daprd's operators filter by such scopes.
    internal static string ScopeOf(string category)
    {
        const string Root = "Sidecar.";
        return category switch
        {
            _ when category.StartsWith("dapr.", StringComparison.Ordinal) => category,
            _ when category.StartsWith(Root + "Host.", StringComparison.Ordinal) => "dapr.runtime",
            _ when category.StartsWith(Root, StringComparison.Ordinal) => "dapr." + category[Root.Length..].ToLowerInvariant(),
            _ => category,
        };
    }

    private void Write(LogLevel level, string scope, string message, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        var type = fields.Count > 0 ? "request" : "log";
        var entry = new LogEntry(
            clock.GetUtcNow(), level, scope, message, options.AppId, Environment.MachineName, RuntimeVersion.Dapr, type, fields);
        _output.WriteLine(options.LogAsJson ? LogLine.Json(entry) : LogLine.Text(entry));
        _output.Flush();
    }

    private sealed class ScopedLogger(SidecarLoggerProvider provider, string scope) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var message = formatter(state, exception);
            provider.Write(
                logLevel,
                scope,
                exception is null ? message : $"{message}: {exception}",
                state is ApiCallLog call ? call.Fields : []);
        }
    }
}

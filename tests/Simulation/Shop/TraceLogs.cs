using DaprShop.Tests.Simulation.Engine;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Simulation.Shop;

/// <summary>The logs of a replica as lines of the trace, for a person who looks at one seed.</summary>
internal sealed class TraceLogs(World world, Replica replica) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Line(world, replica, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private sealed class Line(World world, Replica replica, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            world.Trace.Say(world.Now, $"{replica.Process.Name} {category} {logLevel}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
    }
}

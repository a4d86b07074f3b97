using Sidecar.Scheduling;

namespace Sidecar.Workflows;

/// <summary>What every instance in memory shares.</summary>
/// <param name="Send">Delivers a message to another instance of this app; durable there when it returns.</param>
/// <param name="Holds">False: another sidecar of the app owns the instance.</param>
/// <param name="Forget">An instance that has nothing left to do leaves memory.</param>
/// <param name="Stopping">No new steps.</param>
/// <param name="Aborted">Steps that are still running are cut off; set after the grace period.</param>
internal sealed record EngineContext(
    string AppId,
    InstanceStore Store,
    WorkDispatcher Dispatcher,
    RetentionPolicy Retention,
    TimerQueue Timers,
    TimeProvider Clock,
    ILogger Logger,
    Func<string, OutgoingMessage, Task> Send,
    Func<string, bool> Holds,
    Action<string, LiveInstance> Forget,
    CancellationToken Stopping,
    CancellationToken Aborted);

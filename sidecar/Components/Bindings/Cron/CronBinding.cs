namespace Sidecar.Components.Bindings.Cron;

/// <summary>bindings.cron: an event without data at each tick of the local wall clock (dapr-contract.md 9.3).</summary>
internal sealed class CronBinding(string name, ICronSchedule schedule, TimeProvider clock, ILogger<CronBinding> logger) : IInputBinding
{
    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var metadata = new ComponentMetadata(spec, errors);
        var text = metadata.Required("schedule");
        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            return new CronBinding(spec.Name, CronSchedule.Parse(text), context.Clock, context.Loggers.CreateLogger<CronBinding>());
        }
        catch (FormatException exception)
        {
            metadata.Reject("schedule", exception.Message);
            return null;
        }
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IAsyncDisposable> StartAsync(BindingHandler handler, CancellationToken cancellationToken) =>
        Task.FromResult<IAsyncDisposable>(new CronTicks(name, schedule, handler, clock, logger));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using System.Text.Json;
using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using DaprShop.Tests.Simulation.Bugs;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>The process that runs turns and activities of an app.</summary>
internal interface IWorkflowHost
{
    Process Process { get; }

    IWorkflow CreateWorkflow(string name);

    IWorkflowActivity CreateActivity(string name);
}

/// <summary>
/// Runs the real workflow classes by replay. Turns commit in one piece or not at all; activities run at least once, twice at the same time now
/// and then, and again when their process dies or their result is lost. Timers are durable.
/// </summary>
internal sealed class WorkflowEngine(World world, Faults faults, PlantedBug bug)
{
    private static readonly TimeSpan NobodyThere = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, WorkflowInstance> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<IWorkflowHost?>> _hosts = new(StringComparer.Ordinal);

    public IEnumerable<WorkflowInstance> Instances => _instances.Values;

    public int Running { get; private set; }

    public bool IsRunning(string app) => Running > 0 && Instances.Any(instance => instance.App == app && instance.Status == WorkflowStatus.Running);

    private DateTime Clock => (World.Epoch + world.Time).UtcDateTime;

    public void Host(string app, Func<IWorkflowHost?> pick) => _hosts[app] = pick;

    public WorkflowInstance? Find(string id) => _instances.GetValueOrDefault(id);

    /// <summary>A finished instance id runs again: nothing in Dapr forbids it.</summary>
    public bool Schedule(string app, string name, string id, object? input)
    {
        if (_instances.TryGetValue(id, out var standing) && standing.Status == WorkflowStatus.Running)
        {
            throw new InvalidOperationException($"An active workflow with ID '{id}' already exists.");
        }

        world.Note("schedule", $"{name} {id}");
        if (bug.DropsWorkflow(name))
        {
            return true;
        }

        Running++;
        var instance = _instances[id] = new WorkflowInstance(app, name, id, JsonSerializer.Serialize(input, WorkflowJson.Options), Clock);
        Turn(instance);
        return true;
    }

    public bool Raise(string id, string eventName)
    {
        if (Find(id) is not { Status: WorkflowStatus.Running } instance)
        {
            throw new InvalidOperationException($"There is no running workflow '{id}'.");
        }

        world.Note("raise", $"{eventName} {id}");
        if (instance.Open.Values.OfType<EventCommand>().FirstOrDefault(wait => wait.EventName == eventName) is { } open)
        {
            Record(instance, open.Number, new Resolution(Clock));
        }
        else
        {
            instance.Inbox.Add(eventName);
        }

        return true;
    }

    private void Turn(WorkflowInstance instance) => world.After(faults.Latency(), () => RunTurn(instance));

    private void RunTurn(WorkflowInstance instance)
    {
        if (instance.Status != WorkflowStatus.Running)
        {
            return;
        }

        if (_hosts[instance.App]() is not { } host)
        {
            world.After(NobodyThere, () => RunTurn(instance));
            return;
        }

        host.Process.Run(
            () =>
            {
                var version = instance.Version;
                var context = new SimulatedWorkflowContext(instance);
                var workflow = host.CreateWorkflow(instance.Name);
                var run = workflow.RunAsync(context, JsonSerializer.Deserialize(instance.Input, workflow.InputType, WorkflowJson.Options));
                world.After(faults.Latency(), () => Commit(instance, version, context, run, host.Process));
                return Task.CompletedTask;
            },
            () => RunTurn(instance));
    }

    private void Commit(WorkflowInstance instance, int version, SimulatedWorkflowContext context, Task<object?> run, Process process)
    {
        if (instance.Status != WorkflowStatus.Running)
        {
            return;
        }

        // Decided on an older history, or its answer was lost with the process or on the way: the same turn again.
        if (instance.Version != version || process.IsDead || faults.Of(Dependency.Workflows) != Fate.Done)
        {
            RunTurn(instance);
            return;
        }

        if (run.IsCompleted)
        {
            Running--;
            instance.Status = run.IsCompletedSuccessfully ? WorkflowStatus.Completed : WorkflowStatus.Failed;
            instance.Output = run.IsCompletedSuccessfully ? JsonSerializer.Serialize(run.Result, WorkflowJson.Options) : run.Exception?.ToString();
            world.Note("workflow", $"{instance.Id} {instance.Status} {instance.Output}");
            return;
        }

        // Two turns may have been decided on the same history: the second brings nothing new.
        foreach (var command in context.Commands.Where(command => !instance.Open.ContainsKey(command.Number)))
        {
            instance.Open[command.Number] = command;
            Begin(instance, command);
        }
    }

    private void Begin(WorkflowInstance instance, Command command)
    {
        switch (command)
        {
            case ActivityCommand activity:
                Dispatch(instance, activity, attempt: 1);
                break;
            case TimerCommand timer:
                After(timer.Due, () => Record(instance, timer.Number, new Resolution(Clock)));
                break;
            case EventCommand wait when instance.Inbox.Remove(wait.EventName):
                Record(instance, wait.Number, new Resolution(Clock));
                break;
            case EventCommand { Due: { } due } wait:
                After(due, () => Record(instance, wait.Number, new Resolution(Clock, TimedOut: true)));
                break;
        }
    }

    private void After(DateTime due, Action action) => world.At((due - World.Epoch.UtcDateTime).Ticks, action);

    private void Dispatch(WorkflowInstance instance, ActivityCommand activity, int attempt)
    {
        RunActivity(instance, activity, attempt);
        if (faults.In(0.03))
        {
            // A worker that lost its connection is still at it when the next one begins.
            world.After(faults.Latency() * 10, () => RunActivity(instance, activity, attempt));
        }
    }

    private void RunActivity(WorkflowInstance instance, ActivityCommand activity, int attempt)
    {
        if (!IsOpen(instance, activity))
        {
            return;
        }

        if (bug.InsteadOfActivity(activity.Name) is { } instead)
        {
            world.After(faults.Latency(), () => Record(instance, activity.Number, new Resolution(Clock, instead)));
            return;
        }

        if (_hosts[instance.App]() is not { } host)
        {
            world.After(NobodyThere, () => RunActivity(instance, activity, attempt));
            return;
        }

        world.Note("activity", $"{activity.Name} {instance.Id} #{attempt}");
        host.Process.Run(
            async () =>
            {
                string? output = null, failure = null;
                try
                {
                    var code = host.CreateActivity(activity.Name);
                    var input = JsonSerializer.Deserialize(activity.Input, code.InputType, WorkflowJson.Options);
                    output = JsonSerializer.Serialize(
                        await code.RunAsync(new ActivityContext(activity.Name, instance.Id), input), WorkflowJson.Options);
                }
#pragma warning disable CA1031 // An activity may throw anything; the workflow's retry policy says what then.
                catch (Exception thrown)
#pragma warning restore CA1031
                {
                    failure = $"{thrown.GetType().Name}: {thrown.Message}";
                    world.Trace.Say(world.Now, $"{activity.Name} {instance.Id} failed: {failure}");
                }

                world.After(faults.Latency(), () => Finish(instance, activity, attempt, output, failure, host.Process));
            },
            () => RunActivity(instance, activity, attempt));
    }

    private void Finish(WorkflowInstance instance, ActivityCommand activity, int attempt, string? output, string? failure, Process process)
    {
        if (!IsOpen(instance, activity))
        {
            return;
        }

        if (process.IsDead || faults.Of(Dependency.Workflows) != Fate.Done)
        {
            RunActivity(instance, activity, attempt);
        }
        else if (failure is null)
        {
            Record(instance, activity.Number, new Resolution(Clock, output));
        }
        else if (activity.Retry is { } retry && attempt < retry.MaxNumberOfAttempts)
        {
            world.After(Pause(retry, attempt), () => Dispatch(instance, activity, attempt + 1));
        }
        else
        {
            Record(instance, activity.Number, new Resolution(Clock, Failure: failure));
        }
    }

    private static TimeSpan Pause(WorkflowRetryPolicy retry, int attempt)
    {
        var pause = retry.FirstRetryInterval.TotalSeconds * Math.Pow(retry.BackoffCoefficient, Math.Min(attempt - 1, 30));
        return TimeSpan.FromSeconds(Math.Min(pause, (retry.MaxRetryInterval ?? TimeSpan.FromHours(1)).TotalSeconds));
    }

    private bool IsOpen(WorkflowInstance instance, Command command) =>
        Find(instance.Id) == instance && instance.Open.TryGetValue(command.Number, out var open) && open == command;

    private void Record(WorkflowInstance instance, int number, Resolution resolution)
    {
        if (instance.Open.Remove(number))
        {
            instance.History[number] = resolution;
            instance.Version++;
            Turn(instance);
        }
    }

    private sealed class ActivityContext(string name, string instanceId) : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier { get; } = name;

        public override string TaskExecutionKey => instanceId + name;

        public override string InstanceId => instanceId;
    }
}

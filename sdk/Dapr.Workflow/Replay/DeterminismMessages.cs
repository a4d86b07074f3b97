namespace Dapr.Workflow.Replay;

/// <summary>What is said when code and history part ways: what differed, where, and what to do.</summary>
internal static class DeterminismMessages
{
    private const string UseTheContext =
        "Workflow code may await only tasks of its WorkflowContext (activities, timers, events, child workflows) and tasks made of "
        + "those. Move I/O, Task.Run, Task.Delay and the like into an activity or use context.CreateTimer, and do not use "
        + "ConfigureAwait(false) in workflow code.";

    private const string KeepTheOrder =
        "Code that has running instances must keep making the same calls in the same order: put the change behind "
        + "context.IsPatched(...) or register it under a new workflow name, and take time, ids and random values from the context.";

    public const string AwaitedForeignTask =
        "A continuation of the workflow came back from another thread: it awaited a task that is not the workflow's own. " + UseTheContext;

    public const string AsyncVoid =
        "The workflow called an 'async void' method, which nothing can wait for and a replay cannot repeat. Return a Task and await it.";

    public const string CancelledFromOutside =
        "A cancellation token that the workflow handed to its context was cancelled from outside the workflow's turn, as one is that "
        + "cancels after a time of the machine's clock. Cancel it in workflow code, after a timer of the context.";

    public const string Stuck =
        "The workflow is neither finished nor waiting for an activity, a timer, an event or a child workflow, so no event can ever "
        + "wake it: it awaits a task that is not the workflow's own. " + UseTheContext;

    public static string CalledFromOutside(string member) =>
        $"WorkflowContext.{member} was called outside the workflow's turn, from another thread or after the turn had ended. " + UseTheContext;

    public static string Blocked(string name, TimeSpan time) =>
        $"Workflow '{name}' has blocked its thread for {time.TotalSeconds:F0} s. Workflow code must never block: replace .Result, .Wait(), "
        + "locks and Thread.Sleep by await on tasks of the WorkflowContext.";

    public static string Differs(string recorded, string made, int position) =>
        $"The workflow code does not match its history: event {position} of the history records {recorded}, but the code asked for {made} "
        + $"at that place. {KeepTheOrder}";

    public static string Missing(string recorded, int position) =>
        $"The workflow code does not match its history: event {position} of the history records {recorded}, but the code did not ask for "
        + $"it by then. {KeepTheOrder}";

    public static string Added(string made, int position) =>
        $"The workflow code does not match its history: before event {position} of the history the code asked for {made}, which the "
        + $"history does not record. {KeepTheOrder}";

    public static string EndedEarly(int position) =>
        $"The workflow code does not match its history: the code returned before event {position} of the history, where the recorded run "
        + $"went on. {KeepTheOrder}";

    public static string UnknownTask(string outcome, int id, int position) =>
        $"The workflow code does not match its history: event {position} of the history is the {outcome} of call #{id}, which the code "
        + $"never made. {KeepTheOrder}";

    public static string NotFromThisSdk(string what, int position) =>
        $"Event {position} of the history records {what}, which this SDK never asks for: another SDK wrote this history.";
}

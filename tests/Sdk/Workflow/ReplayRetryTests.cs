using Dapr.Workflow;
using Dapr.Workflow.Protocol;

namespace DaprShop.Tests.Workflow;

public sealed class ReplayRetryTests
{
    [Fact]
    public void Retry_TwoFailuresThenSuccess_WaitsByTimersAndKeepsTheExecutionId()
    {
        var policy = new WorkflowRetryPolicy(3, TimeSpan.FromSeconds(2), backoffCoefficient: 3);
        var play = WorkflowPlay.Of<int, string>((context, _) =>
            context.CallActivityAsync<string>("Charge", 5, new WorkflowTaskOptions(policy)));

        play.Begin();
        var call = play.Last.Actions[0].ScheduleTask.TaskExecutionId;
        play.Turn(Events.TaskFailed(0, "down"));
        Assert.Equal(["1 timer ActivityRetry"], play.Requests);
        Assert.Equal(call, play.Last.Actions[0].CreateTimer.ActivityRetry.TaskExecutionId);
        Assert.Equal(play.Now.AddSeconds(2), play.Last.Actions[0].CreateTimer.FireAt.ToDateTime());
        play.Turn(Events.TimerFired(1));
        Assert.Equal(["2 activity Charge"], play.Requests);
        Assert.Equal(call, play.Last.Actions[0].ScheduleTask.TaskExecutionId);
        Assert.Equal("5", play.Last.Actions[0].ScheduleTask.Input);
        play.Turn(Events.TaskFailed(2, "down"));
        Assert.Equal(play.Now.AddSeconds(6), play.Last.Actions[0].CreateTimer.FireAt.ToDateTime());
        play.Turn(Events.TimerFired(3));
        play.Turn(Events.TaskCompleted(4, "ok"));

        Assert.True(Guid.TryParse(call, out _));
        Assert.Equal("\"ok\"", play.Result);
    }

    [Fact]
    public void Retry_AllAttemptsFail_ThrowsTheLastFailureWithoutAFurtherTimer()
    {
        var policy = new WorkflowRetryPolicy(2, TimeSpan.FromSeconds(1));
        var attempts = 0;
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.CallActivityAsync("Charge", options: new WorkflowTaskOptions(policy));
            return 0;
        });

        play.RunToEnd(_ => throw new InvalidOperationException($"attempt {++attempts}"));

        Assert.Equal(2, attempts);
        Assert.Equal("Task failed: attempt 2", play.Completion!.FailureDetails.ErrorMessage);
        Assert.Equal("Dapr.Workflow.WorkflowTaskFailedException", play.Completion.FailureDetails.ErrorType);
        Assert.Equal("Shop.Broken", play.Completion.FailureDetails.InnerFailure.ErrorType);
        Assert.Equal(1, play.History.Count(recorded => recorded.TimerCreated is not null));
    }

    [Fact]
    public void Retry_BackoffAboveTheLongestInterval_IsCapped()
    {
        var policy = new WorkflowRetryPolicy(5, TimeSpan.FromSeconds(1), 10, TimeSpan.FromSeconds(30));
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.CallActivityAsync("Charge", options: new WorkflowTaskOptions(policy));
            return 0;
        });

        play.RunToEnd(_ => throw new InvalidOperationException("down"));

        // 1 + 10 + 30 + 30 s of waiting, and one second for each of the six turns that no timer began.
        Assert.Equal(TimeSpan.FromSeconds(71 + 6), play.SinceStart);
    }

    [Fact]
    public void Retry_AfterItsTimeout_GivesUp()
    {
        var policy = new WorkflowRetryPolicy(100, TimeSpan.FromSeconds(10), retryTimeout: TimeSpan.FromSeconds(25));
        var attempts = 0;
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            await context.CallActivityAsync("Charge", options: new WorkflowTaskOptions(policy));
            return 0;
        });

        play.RunToEnd(_ => throw new InvalidOperationException($"{++attempts}"));

        // Failures after 1, 12 and 23 s are within the timeout; the one after 34 s is not.
        Assert.Equal(4, attempts);
    }

    [Fact]
    public void Retry_OtherExceptionThanATaskFailure_IsNotRepeated()
    {
        var policy = new WorkflowRetryPolicy(5, TimeSpan.FromSeconds(1));
        var play = WorkflowPlay.Of<int, int>((context, _) => context.CallActivityAsync<int>("Count", options: new WorkflowTaskOptions(policy)));

        play.RunToEnd(_ => "not a number");

        Assert.Equal("System.Text.Json.JsonException", play.Completion!.FailureDetails.ErrorType);
        Assert.DoesNotContain(play.History, recorded => recorded.TimerCreated is not null);
    }

    [Fact]
    public void ChildWorkflow_FailsOnce_IsStartedAgainUnderTheSameId()
    {
        var policy = new WorkflowRetryPolicy(2, TimeSpan.FromSeconds(1));
        var play = WorkflowPlay.Of<int, string>((context, _) =>
            context.CallChildWorkflowAsync<string>("Ship", "box", new ChildWorkflowTaskOptions(RetryPolicy: policy)));

        play.Begin();
        Assert.Equal(["0 child Ship"], play.Requests);
        Assert.Equal("play-1:0000", play.Last.Actions[0].CreateChildWorkflow.InstanceId);
        play.Turn(Events.ChildFailed(0, "lost"));
        Assert.Equal("play-1:0000", play.Last.Actions[0].CreateTimer.ChildWorkflowRetry.InstanceId);
        play.Turn(Events.TimerFired(1));
        Assert.Equal("play-1:0000", play.Last.Actions[0].CreateChildWorkflow.InstanceId);
        play.Turn(Events.ChildCompleted(2, "shipped"));

        Assert.Equal("\"shipped\"", play.Result);
    }

    [Fact]
    public void ChildWorkflow_Fails_NamesTheChild()
    {
        var play = WorkflowPlay.Of<int, string>((context, _) =>
            context.CallChildWorkflowAsync<string>("Ship", options: new ChildWorkflowTaskOptions("ship-9")));

        play.Begin();
        Assert.Equal("ship-9", play.Last.Actions[0].CreateChildWorkflow.InstanceId);
        play.Turn(Events.ChildFailed(0, "lost"));

        Assert.Equal("Child workflow 'Ship' failed: lost", play.Completion!.FailureDetails.ErrorMessage);
    }

    [Theory]
    [InlineData(0, 1.0, 1.0, null, null)]
    [InlineData(1, 0.0, 1.0, null, null)]
    [InlineData(1, 1.0, 0.5, null, null)]
    [InlineData(1, 1.0, double.NaN, null, null)]
    [InlineData(1, 10.0, 1.0, 5.0, null)]
    [InlineData(1, 3601.0, 1.0, null, null)]
    [InlineData(1, 10.0, 1.0, null, 5.0)]
    public void RetryPolicy_OutOfRange_IsRefused(int attempts, double first, double coefficient, double? longest, double? timeout)
    {
        WorkflowRetryPolicy Make() => new(
            attempts,
            TimeSpan.FromSeconds(first),
            coefficient,
            longest is { } interval ? TimeSpan.FromSeconds(interval) : null,
            timeout is { } limit ? TimeSpan.FromSeconds(limit) : null);

        Assert.Throws<ArgumentOutOfRangeException>(Make);
    }

    [Fact]
    public void RetryPolicy_Defaults_AreNoCapAndNoTimeout()
    {
        var policy = new WorkflowRetryPolicy(1, TimeSpan.FromHours(1));

        Assert.Equal(1, policy.BackoffCoefficient);
        Assert.Null(policy.MaxRetryInterval);
        Assert.Equal(Timeout.InfiniteTimeSpan, policy.RetryTimeout);
    }
}

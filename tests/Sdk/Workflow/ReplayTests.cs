using Dapr.Workflow;
using Dapr.Workflow.Protocol;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Workflow;

public sealed class ReplayTests
{
    [Fact]
    public void Sequence_EachResultArrives_RunsOneStepPerTurnAndCompletes()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, input) =>
        {
            var doubled = await context.CallActivityAsync<int>("Double", input);
            var text = await context.CallActivityAsync<string>("Format", doubled);
            return text + "!";
        }, input: 4);

        play.Begin();
        Assert.Equal(["0 activity Double"], play.Requests);
        Assert.Equal("4", play.Last.Actions[0].ScheduleTask.Input);
        play.Turn(Events.TaskCompleted(0, 8));
        Assert.Equal(["1 activity Format"], play.Requests);
        Assert.Equal("8", play.Last.Actions[0].ScheduleTask.Input);
        play.Turn(Events.TaskCompleted(1, "eight"));

        Assert.Equal(["2 Completed \"eight!\""], play.Requests);
    }

    [Fact]
    public void FanOut_ResultsInAnyOrder_AreGatheredByPlace()
    {
        var play = WorkflowPlay.Of<int, int[]>((context, count) =>
            Task.WhenAll(Enumerable.Range(0, count).Select(n => context.CallActivityAsync<int>("Square", n))), input: 3);

        play.Begin();
        Assert.Equal(["0 activity Square", "1 activity Square", "2 activity Square"], play.Requests);
        play.Turn(Events.TaskCompleted(2, 4));
        Assert.Empty(play.Requests);
        play.Turn(Events.TaskCompleted(0, 0), Events.TaskCompleted(1, 1));

        Assert.Equal("[0,1,4]", play.Result);
    }

    [Fact]
    public void LongSequence_TwoHundredActivities_ReplaysEachTurnToTheSameEnd()
    {
        var play = WorkflowPlay.Of<int, int>(async (context, count) =>
        {
            var sum = 0;
            for (var step = 0; step < count; step++)
            {
                sum += await context.CallActivityAsync<int>("Step", step);
            }

            return sum;
        }, input: 200);

        play.RunToEnd(call => int.Parse(call.Input, System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("19900", play.Result);
        Assert.Equal(1 + 1 + 200 + (200 * 2), play.History.Count);
    }

    [Fact]
    public void UserCode_AsyncMethodsStreamsAndLocks_ReplayAlike()
    {
        async Task<int> Twice(WorkflowContext context, int value) => await context.CallActivityAsync<int>("Double", value);

        async IAsyncEnumerable<int> Doubled(WorkflowContext context, int upTo)
        {
            for (var value = 1; value <= upTo; value++)
            {
                await Task.Yield();
                yield return await Twice(context, value);
            }
        }

        var play = WorkflowPlay.Of<int, int>(async (context, upTo) =>
        {
            using var turnstile = new SemaphoreSlim(1);
            var sum = 0;
            await foreach (var value in Doubled(context, upTo))
            {
                await turnstile.WaitAsync();
                sum += value;
                turnstile.Release();
            }

            return sum;
        }, input: 3);

        play.RunToEnd(call => 2 * int.Parse(call.Input, System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("12", play.Result);
    }

    [Fact]
    public void ParallelHelper_FiveInputsTwoAtATime_KeepsTheLimitAndTheOrder()
    {
        var play = WorkflowPlay.Of<int, int[]>((context, _) =>
            context.ProcessInParallelAsync([1, 2, 3, 4, 5], n => context.CallActivityAsync<int>("Square", n), maxConcurrency: 2));

        play.Begin();
        Assert.Equal(["0 activity Square", "1 activity Square"], play.Requests);
        play.Turn(Events.TaskCompleted(1, 4));
        Assert.Equal(["2 activity Square"], play.Requests);
        play.Turn(Events.TaskCompleted(2, 9));
        play.Turn(Events.TaskCompleted(0, 1));
        play.Turn(Events.TaskCompleted(3, 16), Events.TaskCompleted(4, 25));

        Assert.Equal("[1,4,9,16,25]", play.Result);
    }

    [Fact]
    public void UnhandledException_FailsTheInstanceWithItsFullTypeName()
    {
        var play = WorkflowPlay.Of<int, int>((_, _) => throw new NotSupportedException("not today", new FormatException("odd")));

        play.Begin();

        Assert.Equal(OrchestrationStatus.Failed, play.Completion!.WorkflowStatus);
        Assert.Equal("System.NotSupportedException", play.Completion.FailureDetails.ErrorType);
        Assert.Equal("not today", play.Completion.FailureDetails.ErrorMessage);
        Assert.Contains("ReplayTests", play.Completion.FailureDetails.StackTrace, StringComparison.Ordinal);
        Assert.Equal("System.FormatException", play.Completion.FailureDetails.InnerFailure.ErrorType);
        Assert.Null(play.Last.Violation);
    }

    [Fact]
    public void ActivityFailure_IsCaughtByTheCode_WithItsDetails()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
        {
            try
            {
                await context.CallActivityAsync("Charge");
                return "charged";
            }
            catch (WorkflowTaskFailedException failure)
            {
                return $"{failure.Message}|{failure.FailureDetails.ErrorType}|{failure.FailureDetails.StackTrace}";
            }
        });

        play.Begin();
        play.Turn(Events.TaskFailed(0, "declined"));

        Assert.Equal("\"Task failed: declined|Shop.Broken|at Shop\"", play.Result);
    }

    [Fact]
    public void UnreadableInput_FailsTheInstance()
    {
        var play = WorkflowPlay.Of<int, int>((_, input) => Task.FromResult(input), input: "seven");

        play.Begin();

        Assert.Equal("System.Text.Json.JsonException", play.Completion!.FailureDetails.ErrorType);
    }

    [Fact]
    public void NullInputAndOutput_TravelAsEmptyStrings()
    {
        var play = WorkflowPlay.Of<int?, string?>(async (context, input) =>
        {
            await context.CallActivityAsync("Note", input: null);
            return input?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        });

        play.Begin();
        Assert.Equal(string.Empty, play.Last.Actions[0].ScheduleTask.Input);
        play.Turn(Events.TaskCompleted(0, null));

        Assert.Equal(string.Empty, play.Result);
    }

    [Fact]
    public void TimeAndIds_AreTheSameOnEveryReplayAndDifferPerExecution()
    {
        var seen = new List<(DateTime Time, Guid First, Guid Second, bool Replaying)>();
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            seen.Add((context.CurrentUtcDateTime, context.NewGuid(), context.NewGuid(), context.IsReplaying));
            await context.CallActivityAsync("A");
            seen.Add((context.CurrentUtcDateTime, context.NewGuid(), context.NewGuid(), context.IsReplaying));
            await context.CallActivityAsync("B");
            return 0;
        });

        play.Begin();
        play.Turn(Events.TaskCompleted(0, null));
        play.Started.ExecutionStarted.WorkflowInstance.ExecutionId = "run-2";
        play.Turn(Events.TaskCompleted(1, null));

        Assert.Equal([false, true, false, true, true], seen.Select(entry => entry.Replaying));
        Assert.Equal(seen[0] with { Replaying = true }, seen[1]);
        Assert.Equal(TimeSpan.FromSeconds(1), seen[2].Time - seen[0].Time);
        Assert.Equal(DateTimeKind.Utc, seen[0].Time.Kind);
        Assert.Equal(4, new[] { seen[1].First, seen[1].Second, seen[2].First, seen[2].Second }.Distinct().Count());
        Assert.NotEqual(seen[1].First, seen[3].First);
        Assert.Equal(seen[2].Time, seen[4].Time);
    }

    [Fact]
    public void ReplaySafeLogger_TwoTurns_WritesEachLineOnce()
    {
        using var loggers = new LineLoggers();
        var play = new WorkflowPlay(
            new LambdaWorkflow<int, int>(async (context, _) =>
            {
                var logger = context.CreateReplaySafeLogger<ReplayTests>();
                logger.LogInformation("before");
                await context.CallActivityAsync("A");
                logger.LogInformation("after");
                return 0;
            }),
            loggers: loggers);

        play.Begin();
        play.Turn(Events.TaskCompleted(0, null));

        Assert.Equal(["before", "after"], loggers.Lines);
    }

    [Fact]
    public void CustomStatus_SetAgainOnReplay_IsTheLatest()
    {
        var play = WorkflowPlay.Of<int, int>(async (context, _) =>
        {
            context.SetCustomStatus(new { Step = 1 });
            await context.CallActivityAsync("A");
            context.SetCustomStatus(new { Step = 2 });
            await context.CallActivityAsync("B");
            return 0;
        });

        Assert.Equal("""{"step":1}""", play.Begin().CustomStatus);
        Assert.Equal("""{"step":2}""", play.Turn(Events.TaskCompleted(0, null)).CustomStatus);
    }

    [Fact]
    public void DuplicateOutcome_IsIgnored()
    {
        var play = WorkflowPlay.Of<int, string>(async (context, _) =>
            await context.CallActivityAsync<string>("A") + await context.CallActivityAsync<string>("B"));

        play.Begin(play.Started);
        play.Turn(Events.TaskCompleted(0, "a"), Events.TaskCompleted(0, "other"));
        play.Turn(Events.TaskCompleted(1, "b"));

        Assert.Equal("\"ab\"", play.Result);
    }

    [Fact]
    public void ActivityNotAwaited_IsStillAskedFor()
    {
        var play = WorkflowPlay.Of<int, int>((context, input) =>
        {
            _ = context.CallActivityAsync("Notify", input);
            return Task.FromResult(7);
        });

        play.Begin();

        Assert.Equal(["0 activity Notify", "1 Completed 7"], play.Requests);
    }
}

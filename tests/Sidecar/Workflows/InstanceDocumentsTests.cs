using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;

namespace DaprShop.Tests.Workflows;

public sealed class InstanceDocumentsTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void Copy_EveryMemberSet_IsEqualAndIndependent()
    {
        var source = new InstanceDocument
        {
            CommitId = "c",
            InstanceId = "i",
            ExecutionId = "e",
            Generation = 2,
            Status = OrchestrationStatus.Failed,
            Purged = true,
            Start = new ExecutionStartedEvent { Name = "n" },
            Created = new Timestamp { Seconds = 1 },
            LastUpdated = new Timestamp { Seconds = 2 },
            StartedAt = new Timestamp { Seconds = 3 },
            Completed = new Timestamp { Seconds = 4 },
            CustomStatus = "s",
            Output = "o",
            Failure = new TaskFailureDetails { ErrorType = "t" },
            Pages = 5,
            PurgeAt = new Timestamp { Seconds = 13 },
        };
        source.Tail.Add(new HistoryEvent { EventId = 6 });
        source.Inbox.Add(new HistoryEvent { EventId = 7 });
        source.Activities.Add(new PendingActivity { TaskId = 8 });
        source.Timers.Add(new PendingTimer { TimerId = 9 });
        source.Retired.Add(new RetiredExecution { Pages = 10 });
        source.Children.Add(new PendingChild { TaskId = 11 });
        source.Outgoing.Add(new OutgoingMessage { Id = "12" });
        var unset = InstanceDocument.Descriptor.Fields.InFieldNumberOrder().Where(field => IsUnset(field, source)).Select(field => field.Name);

        var copy = source.Copy();
        copy.Tail.Clear();
        copy.Tail.AddRange(source.Tail);

        Assert.Empty(unset);
        Assert.Equal(source, copy);
        copy.Inbox.Clear();
        Assert.Single(source.Inbox);
    }

    [Fact]
    public void NextDue_TimersAndScheduledStart_IsTheEarliestStillAhead()
    {
        var document = InstanceCommands.Start(
            null, new StartCommand("o1", "e1", "saga") { ScheduledStart = Now.AddHours(1).ToTimestamp() }, Now).Next!;

        Assert.Equal(Now.AddHours(1), document.NextDue(Now));
        Assert.False(document.HasTurn(Now));
        Assert.Null(document.NextDue(Now.AddHours(1)));
        Assert.True(document.HasTurn(Now.AddHours(1)));

        document.Timers.Add(new PendingTimer { FireAt = Now.AddMinutes(5).ToTimestamp() });
        Assert.Equal(Now.AddMinutes(5), document.NextDue(Now));
    }

    [Theory]
    [InlineData(long.MaxValue, 0)]
    [InlineData(253402300800, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(0, -5)]
    public void ToInstant_SecondsNoCalendarHas_AreClampedNotThrown(long seconds, int nanos)
    {
        var instant = new Timestamp { Seconds = seconds, Nanos = nanos }.ToInstant();

        Assert.Equal(seconds > 0 ? DateTimeOffset.MaxValue : seconds < 0 ? DateTimeOffset.MinValue : DateTimeOffset.UnixEpoch, instant);
    }

    [Fact]
    public void Keys_MarkerOfAnIdWithSeparators_ParsesBack()
    {
        var keys = new InstanceKeys("shop", "default");

        Assert.Equal("shop||dapr.internal.default.shop.workflow||o1||metadata", keys.Document("o1"));
        Assert.Equal("shop||dapr.internal.default.shop.workflow||o1||history-e1-000007", keys.Page("o1", "e1", 7));
        Assert.Equal(("a||b", "e1"), keys.ParseMarker(keys.Marker("a||b", "e1")));
    }

    private static bool IsUnset(FieldDescriptor field, InstanceDocument document) => field.Accessor.GetValue(document) switch
    {
        null or "" or 0 or false => true,
        System.Collections.ICollection many => many.Count == 0,
        _ => false,
    };
}

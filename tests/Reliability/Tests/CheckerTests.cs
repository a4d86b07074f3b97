using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Tests;

/// <summary>An oracle that never speaks proves nothing: a recorded world passes, and every bug planted in it is found.</summary>
public sealed class CheckerTests
{
    private static readonly Lazy<World> Recorded = new(() => World.FromJson(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Worlds", "recorded.json"))));

    public static TheoryData<string> Bugs => [.. Corruptions.All.Select(corruption => corruption.Bug)];

    [Fact]
    public void World_AsRecorded_HasNoFinding() => Assert.Empty(Checker.Judge(Recorded.Value));

    [Fact]
    public void World_AsRecorded_HasEveryEnd()
    {
        var ends = Recorded.Value.States.GroupBy(state => state.Status).Select(same => same.Key).Order(StringComparer.Ordinal);

        Assert.Equal(["Cancelled", "Confirmed", "Refunded"], ends);
        Assert.Contains(Recorded.Value.History, call => call.Phase == Phase.Info);
        Assert.Contains(Recorded.Value.Records, order => order.Lines.Count > 1);
        Assert.Contains(Recorded.Value.Stock, bucket => bucket.Received > 0);
    }

    [Fact]
    public void World_WithPoisonThatIsKept_HasNoFinding()
    {
        var world = Recorded.Value with
        {
            Poison = [new Poison("poison-1", ["orders-to-notification"]), new Poison("poison-2", [])],
            DeadLetters =
            [
                new DeadLetter("a", "orders-to-notification", "poison-1", "com.daprshop.order.confirmed.v1", "no order id"),
                new DeadLetter("b", "orders-to-order", null, null, "no JSON object"),
            ],
            DeadLetterLists = [new DeadLetterEntry("orders-to-notification", "a"), new DeadLetterEntry("orders-to-order", "b"), new DeadLetterEntry("orders-to-order", "b")],
        };

        Assert.Empty(Checker.Judge(world));
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Bug_Planted_IsFound(string bug)
    {
        var corruption = Corruptions.All.Single(corruption => corruption.Bug == bug);

        var findings = Checker.Judge(corruption.Plant(Recorded.Value));

        Assert.Contains(corruption.Finding, findings.Select(finding => finding.Kind));
    }

    [Fact]
    public void Findings_AllKindsOfTheChecker_ArePlantedOnce()
    {
        var kinds = typeof(Findings).GetFields().Select(field => (string)field.GetRawConstantValue()!)
            .Where(kind => kind is not (Findings.NotRecovered or Findings.OtherThanExpected));

        Assert.Empty(kinds.Except(Corruptions.All.Select(corruption => corruption.Finding)));
    }

    [Fact]
    public void World_ThroughJson_IsJudgedAlike()
    {
        var world = Corruptions.All.First(corruption => corruption.Finding == Findings.DoubleCapture).Plant(Recorded.Value);

        Assert.Equal(Checker.Judge(world), Checker.Judge(World.FromJson(world.ToJson())));
    }
}

using System.Text;
using Sidecar.PubSub.Subscriptions;

namespace DaprShop.Tests.PubSub;

public sealed class SubscriptionListTests
{
    [Fact]
    public void Parse_OfAllForms_ReadsRoutesInOrder()
    {
        var subscriptions = Parse(
            """
            [
              {"pubsubname":"p","topic":"a","route":"/a","metadata":{"rawPayload":"true"},"deadLetterTopic":"dead"},
              {"PubsubName":"p","topic":"b","routes":{"rules":[{"match":"event.type == \"x\"","path":"/x"},{"match":"","path":"/y"}],"default":"/z"}},
              {"pubsubname":"p","topic":"c","route":"/fallback","routes":{"rules":[]}}
            ]
            """,
            out var withoutRoute);

        Assert.Empty(withoutRoute);
        Assert.Equal(
            ["p a [ => /a] dead", "p b [event.type == \"x\" => /x,  => /y,  => /z] ", "p c [ => /fallback] "],
            subscriptions.Select(item =>
                $"{item.PubSub} {item.Topic} [{string.Join(", ", item.Routes.Select(route => $"{route.Match} => {route.Path}"))}] {item.DeadLetterTopic}"));
        Assert.Equal("true", subscriptions[0].Metadata["rawPayload"]);
    }

    [Fact]
    public void Parse_OfAnEntryWithoutARoute_DropsAndNamesIt()
    {
        var subscriptions = Parse("""[{"pubsubname":"p","topic":"a"},{"pubsubname":"p","topic":"b","route":"b"}]""", out var withoutRoute);

        Assert.Equal("b", Assert.Single(subscriptions).Topic);
        Assert.Equal(["a"], withoutRoute);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("[]")]
    [InlineData("null")]
    public void Parse_OfNothing_IsNone(string body)
    {
        Assert.Empty(Parse(body, out _));
    }

    [Theory]
    [InlineData("{", "the list is not valid: ")]
    [InlineData("""[{"pubsubname":"p","topic":"a","routes":{"rules":[{"match":"has(event.x)","path":"/x"}]}}]""", "topic a: the function 'has' at column 1 is not supported")]
    [InlineData("""[{"pubsubname":"p","topic":"a","route":"/a","bulkSubscribe":{"enabled":true,"maxMessagesCount":"x"}}]""", "the list is not valid: ")]
    public void Parse_OfWhatCannotBeHonoured_Throws(string body, string expected)
    {
        var exception = Assert.Throws<SubscriptionListException>(() => Parse(body, out _));

        Assert.StartsWith(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"enabled":true,"maxMessagesCount":7,"maxAwaitDurationMs":40}""", 7, 40)]
    [InlineData("""{"enabled":true}""", 100, 1000)]
    [InlineData("""{"enabled":true,"maxMessagesCount":0,"maxAwaitDurationMs":-1}""", 100, 1000)]
    public void Parse_OfABulkSubscription_TakesItsLimitsOrTheDefaults(string bulk, int count, int milliseconds)
    {
        var subscription = Assert.Single(Parse("""[{"pubsubname":"p","topic":"a","route":"/a","bulkSubscribe":BULK}]""".Replace("BULK", bulk, StringComparison.Ordinal), out _));

        Assert.Equal(new BatchLimits(count, TimeSpan.FromMilliseconds(milliseconds)), subscription.Bulk);
    }

    [Fact]
    public void Parse_OfABulkSubscriptionThatIsOff_IsAnOrdinaryOne()
    {
        Assert.Null(Assert.Single(Parse("""[{"pubsubname":"p","topic":"a","route":"/a","bulkSubscribe":{"enabled":false}}]""", out _)).Bulk);
    }

    private static IReadOnlyList<Subscription> Parse(string body, out IReadOnlyList<string> withoutRoute) =>
        SubscriptionList.Parse(Encoding.UTF8.GetBytes(body), out withoutRoute);
}

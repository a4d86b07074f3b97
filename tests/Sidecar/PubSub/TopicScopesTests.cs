using Sidecar.Components;
using Sidecar.PubSub.Publishing;

namespace DaprShop.Tests.PubSub;

public sealed class TopicScopesTests
{
    [Theory]
    // app, topic, allowed topics, protected topics, scopes, expected
    [InlineData("a", "t1", "", "", "", true)]
    [InlineData("a", "t1", "t1,t2", "", "", true)]
    [InlineData("a", "t3", "t1, t2", "", "", false)]
    [InlineData("a", "t1", "", "", "a=t1,t2;b=", true)]
    [InlineData("a", "t3", "", "", "a=t1,t2;b=", false)]
    [InlineData("b", "t1", "", "", "a=t1,t2;b=", false)]
    [InlineData("c", "t9", "", "", "a=t1,t2;b=", true)]
    [InlineData("a", "t1", "", "t1", "", false)]
    [InlineData("a", "t1", "", "t1", " a = t1 ", true)]
    [InlineData("c", "t1", "", "t1", "a=t1", false)]
    [InlineData("a", "t1", "t2", "t1", "a=t1", false)]
    [InlineData("a", "t2", "", "t1", "", true)]
    public void Scopes_OfAComponent_SayWhoMayUseATopic(
        string app, string topic, string allowed, string isProtected, string scopes, bool expected)
    {
        var publishing = Scopes(app, allowed, isProtected, ("PublishingScopes", scopes));
        var subscribing = Scopes(app, allowed, isProtected, ("subscriptionScopes", scopes));

        Assert.Equal(expected, publishing.MayPublish(topic));
        Assert.Equal(expected, subscribing.MaySubscribe(topic));
    }

    private static TopicScopes Scopes(string app, string allowed, string isProtected, (string Name, string Value) scopes) => new(
        new ComponentSpec(
            "pubsub",
            "pubsub.fake",
            "v1",
            new Dictionary<string, string> { ["allowedTopics"] = allowed, ["protectedTopics"] = isProtected, [scopes.Name] = scopes.Value },
            false,
            TimeSpan.Zero,
            "pubsub.yaml"),
        app);
}

using YamlDotNet.RepresentationModel;

namespace DaprShop.Tests;

/// <summary>
/// The rabbitmq set says in its component what its subscriptions say: a queue that is not declared before the first
/// publish is a queue that loses messages, and one declared in another way is refused by the broker.
/// </summary>
public sealed class RabbitMqSetTests
{
    private const string Set = "components/rabbitmq";

    private static IReadOnlyList<ResourceDocument> Subscriptions { get; } =
        [.. ResourceDocument.In(Set).Where(document => document.Kind == "Subscription")];

    [Fact]
    public void DeclaredSubscribers_AreTheSubscriptions()
    {
        var expected = from subscription in Subscriptions
                       from app in subscription.Scopes
                       group app by subscription.Text("spec", "topic") into apps
                       select $"{apps.Key}={string.Join(',', apps.Order(StringComparer.Ordinal))}";

        var declared = Member("declaredSubscribers")!.Split(';', StringSplitOptions.TrimEntries)
            .Select(entry => entry.Split('='))
            .Select(entry => $"{entry[0]}={string.Join(',', entry[1].Split(',').Order(StringComparer.Ordinal))}");

        Assert.Equal(expected.Order(StringComparer.Ordinal), declared.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void QueueType_OfTheComponent_IsThatOfEverySubscription() =>
        Assert.All(Subscriptions, subscription => Assert.Equal(Member("queueType"), subscription.Text("spec", "metadata", "queueType")));

    private static string? Member(string name)
    {
        var component = ResourceDocument.In(Set).Single(document => document.Type == "pubsub.rabbitmq");
        var members = (YamlSequenceNode)component.Find("spec", "metadata")!;
        return members.Cast<YamlMappingNode>()
            .Single(member => member.Children[new YamlScalarNode("name")].ToString() == name).Children[new YamlScalarNode("value")].ToString();
    }
}

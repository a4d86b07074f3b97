using DaprShop.Contracts.Events;
using YamlDotNet.RepresentationModel;

namespace DaprShop.Tests;

/// <summary>Code that names a subscription, and sends dead letters along its routes, names the one that is declared.</summary>
public sealed class SubscriptionTableTests
{
    private static IReadOnlyList<ResourceDocument> Declared { get; } =
    [
        .. ResourceDocument.In("components/embedded")
            .Where(document => document.Kind == "Subscription" && document.Text("spec", "deadLetterTopic").Length > 0),
    ];

    [Fact]
    public void Table_OfTheCode_IsWhatTheSetsDeclare()
    {
        var declared = Declared.Select(subscription => string.Join(
            ' ',
            [
                subscription.Name, subscription.Text("spec", "topic"), subscription.Text("spec", "deadLetterTopic"), Assert.Single(subscription.Scopes),
                .. Rules(subscription), subscription.Text("spec", "routes", "default"),
            ]));

        var table = Subscriptions.All.Select(subscription => string.Join(
            ' ',
            [
                subscription.Name, subscription.Topic, subscription.DeadLetterTopic, subscription.AppId,
                .. subscription.Routes.Select(route => $"event.type == \"{route.Key}\" {route.Value}"), subscription.DefaultPath,
            ]));

        Assert.Equal(declared.Order(StringComparer.Ordinal), table.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void DeadLetters_OfEachSubscription_GoToTheRouteOfItsName()
    {
        var routes = ResourceDocument.In("components/embedded")
            .Where(document => document.Kind == "Subscription")
            .ToDictionary(document => document.Text("spec", "topic") + document.Name, document => document.Text("spec", "routes", "default"));

        Assert.All(Subscriptions.All, subscription => Assert.Equal(
            $"/dead-letters/{subscription.Name}", routes[$"{subscription.DeadLetterTopic}{subscription.Name}-dead"]));
    }

    private static IEnumerable<string> Rules(ResourceDocument subscription) =>
        ((YamlSequenceNode)subscription.Find("spec", "routes", "rules")!).Cast<YamlMappingNode>()
            .Select(rule => $"{rule.Children[new YamlScalarNode("match")]} {rule.Children[new YamlScalarNode("path")]}");
}

using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.AspNetCore;

public sealed class SubscribeHandlerTests
{
    [Fact]
    public async Task Subscribe_NoTopics_IsAnEmptyArray() =>
        Assert.Equal("[]", await SubscriptionsAsync(_ => { }));

    [Fact]
    public async Task Subscribe_SeveralTopics_AreSortedAndHaveNoLeadingSlash()
    {
        var json = await SubscriptionsAsync(app =>
        {
            app.MapPost("/events/orders", () => { }).WithTopic("pubsub", "orders");
            app.MapPost("inbox", () => { }).WithTopic("pubsub", "invoices").WithTopic("a-pubsub", "zebra");
        });

        Assert.Equal(
            """[{"topic":"zebra","pubsubName":"a-pubsub","route":"inbox"},{"topic":"invoices","pubsubName":"pubsub","route":"inbox"},{"topic":"orders","pubsubName":"pubsub","route":"events/orders"}]""",
            json);
    }

    [Fact]
    public async Task Subscribe_RulesOfOneTopic_AreOrderedByPriorityWithTheDefaultApart()
    {
        var json = await SubscriptionsAsync(app =>
        {
            app.MapPost("/other", () => { }).WithTopic("pubsub", "orders");
            app.MapPost("/late", () => { }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = "orders", Match = "event.type == \"late\"", Priority = 2 });
            app.MapPost("/early", () => { }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = "orders", Match = "event.type == 'early'", Priority = 1 });
        });

        Assert.Equal(
            """[{"topic":"orders","pubsubName":"pubsub","routes":{"rules":[{"match":"event.type == \u0027early\u0027","path":"early"},{"match":"event.type == \u0022late\u0022","path":"late"}],"default":"other"}}]""",
            json);
    }

    [Fact]
    public async Task Subscribe_DeadLetterAndMetadata_AreWritten()
    {
        var json = await SubscriptionsAsync(app => app
            .MapPost("/a", () => { })
            .WithTopic(new TopicOptions
            {
                PubsubName = "pubsub",
                Name = "orders",
                DeadLetterTopic = "orders-dead",
                EnableRawPayload = true,
                Metadata = new Dictionary<string, string> { ["consumerGroup"] = "g" },
            }));

        Assert.Equal(
            """[{"topic":"orders","pubsubName":"pubsub","route":"a","metadata":{"consumerGroup":"g","rawPayload":"true"},"deadLetterTopic":"orders-dead"}]""",
            json);
    }

    [Fact]
    public async Task Subscribe_OwnedMetadata_GoesToItsTopicOnlyAndIsJoined()
    {
        [Topic("pubsub", "one", new[] { "id1" }, "|")]
        [Topic("pubsub", "two")]
        [TopicMetadata("id1", "key", "x")]
        [TopicMetadata("id1", "key", "y")]
        [TopicMetadata("all", "z")]
        static void Handle()
        {
        }

        var json = await SubscriptionsAsync(app => app.MapPost("/a", Handle));

        Assert.Equal(
            """[{"topic":"one","pubsubName":"pubsub","route":"a","metadata":{"key":"x|y","all":"z"}},{"topic":"two","pubsubName":"pubsub","route":"a","metadata":{"all":"z"}}]""",
            json);
    }

    [Fact]
    public async Task Subscribe_RawPayloadForAll_IsOnEveryTopic()
    {
        var json = await SubscriptionsAsync(
            app => app.MapPost("/a", () => { }).WithTopic("pubsub", "orders", new Dictionary<string, string> { ["k"] = "v" }),
            new SubscribeOptions { EnableRawPayload = true });

        Assert.Equal("""[{"topic":"orders","pubsubName":"pubsub","route":"a","metadata":{"k":"v","rawPayload":"true"}}]""", json);
    }

    [Fact]
    public async Task Subscribe_Batches_BelongToTheirTopicAlone()
    {
        [Topic("pubsub", "one")]
        [Topic("pubsub", "two")]
        [Topic("pubsub", "three")]
        [BulkSubscribe("one", 5, 20)]
        [BulkSubscribe("two")]
        static void Handle()
        {
        }

        var json = await SubscriptionsAsync(app => app.MapPost("/a", Handle));

        Assert.Equal(
            """[{"topic":"one","pubsubName":"pubsub","route":"a","bulkSubscribe":{"enabled":true,"maxMessagesCount":5,"maxAwaitDurationMs":20}},{"topic":"three","pubsubName":"pubsub","route":"a"},{"topic":"two","pubsubName":"pubsub","route":"a","bulkSubscribe":{"enabled":true,"maxMessagesCount":100,"maxAwaitDurationMs":1000}}]""",
            json);
    }

    [Fact]
    public async Task Subscribe_BatchesByRoute_AreAsTheOptionsSay()
    {
        var json = await SubscriptionsAsync(app => app
            .MapPost("/a", () => { })
            .WithTopic("pubsub", "one")
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = "one", MaxMessagesCount = 7 }));

        Assert.Equal(
            """[{"topic":"one","pubsubName":"pubsub","route":"a","bulkSubscribe":{"enabled":true,"maxMessagesCount":7,"maxAwaitDurationMs":1000}}]""", json);
    }

    [Fact]
    public async Task WithBulkSubscribe_WithoutATopic_NamesTheOption()
    {
        var failure = await Assert.ThrowsAsync<ArgumentNullException>(() =>
            SubscriptionsAsync(app => app.MapPost("/a", () => { }).WithBulkSubscribe(new BulkSubscribeTopicOptions())));

        Assert.Equal("bulkSubscribeTopicOptions.TopicName", failure.ParamName);
    }

    [Fact]
    public async Task Subscribe_RouteParameter_IsAnError()
    {
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() =>
            SubscriptionsAsync(app => app.MapPost("/a/{id}", (string id) => id).WithTopic("pubsub", "orders")));

        Assert.Equal(System.Net.HttpStatusCode.InternalServerError, failure.StatusCode);
    }

    [Fact]
    public void TopicAttribute_EveryConstructor_FillsItsMembers()
    {
        var plain = new TopicAttribute("p", "n", ["o"], "|");
        var raw = new TopicAttribute("p", "n", true);
        var matched = new TopicAttribute("p", "n", "m", 3);
        var rawMatched = new TopicAttribute("p", "n", true, "m", 3);
        var dead = new TopicAttribute("p", "n", "dead", true);

        Assert.Equal(("p", "n", "o", "|", null), (plain.PubsubName, plain.Name, plain.OwnedMetadatas.Single(), plain.MetadataSeparator, plain.EnableRawPayload));
        Assert.True(raw.EnableRawPayload);
        Assert.Equal(("m", 3, null, null), (matched.Match, matched.Priority, matched.EnableRawPayload, matched.DeadLetterTopic));
        Assert.Equal(("m", 3, true), (rawMatched.Match, rawMatched.Priority, rawMatched.EnableRawPayload));
        Assert.Equal(("dead", true, null), (dead.DeadLetterTopic, dead.EnableRawPayload, dead.Match));
    }

    private static async Task<string> SubscriptionsAsync(Action<IEndpointRouteBuilder> map, SubscribeOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        if (options is null)
        {
            app.MapSubscribeHandler();
        }
        else
        {
            app.MapSubscribeHandler(options);
        }

        map(app);
        await app.StartAsync();
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(app.Urls.Single() + "/dapr/subscribe"));
    }
}

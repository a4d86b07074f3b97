using System.Text;
using DaprShop.TestKit;
using DaprShop.Tests.Servers;
using RabbitMQ.Client;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>What goes to the broker, and what its answers mean to the caller.</summary>
public sealed class RabbitMqPublishTests : RabbitMqPubSubTests
{
    private static readonly (string, string)[] Confirmed = [("deletedWhenUnused", "false"), ("publisherConfirm", "true")];

    [Fact]
    public async Task Properties_NothingGiven_AreDaprdsDefaults()
    {
        var broker = await StartAsync(("deletedWhenUnused", "false"));
        await PublishAsync(broker, "declares the exchange");
        var observer = await ObserveAsync();

        await PublishAsync(broker, "plain");

        var message = await TakeAsync(observer);
        var properties = message.BasicProperties;
        Assert.Equal(("plain", "", "text/plain"), (Encoding.UTF8.GetString(message.Body.Span), message.RoutingKey, properties.ContentType));
        Assert.False(properties.IsDeliveryModePresent() || properties.IsExpirationPresent() || properties.IsPriorityPresent()
            || properties.IsMessageIdPresent() || properties.IsCorrelationIdPresent() || properties.IsTypePresent());
        Assert.False(properties.IsHeadersPresent());
    }

    [Fact]
    public async Task Properties_Given_AreDaprdsMapping()
    {
        var broker = await StartAsync([.. Confirmed, ("deliveryMode", "2"), ("ttlInSeconds", "90")]);
        await PublishAsync(broker, "declares the exchange");
        var observer = await ObserveAsync();

        await PublishAsync(broker, "defaults of the component");
        await PublishAsync(broker, "full", new()
        {
            ["ttlInSeconds"] = "30",
            ["priority"] = "7",
            ["ContentType"] = "application/json",
            ["messageID"] = "m-1",
            ["correlationId"] = "c-1",
            ["TYPE"] = "t-1",
            ["routingKey"] = "key",
            ["other"] = "not sent",
        });

        var first = (await TakeAsync(observer)).BasicProperties;
        Assert.Equal((DeliveryModes.Persistent, "90000"), (first.DeliveryMode, first.Expiration));
        var second = await TakeAsync(observer);
        var properties = second.BasicProperties;
        Assert.Equal(("key", "30000", (byte)7, "application/json"), (second.RoutingKey, properties.Expiration, properties.Priority, properties.ContentType));
        Assert.Equal(("m-1", "c-1", "t-1"), (properties.MessageId, properties.CorrelationId, properties.Type));
        Assert.Empty(properties.Headers ?? new Dictionary<string, object?>());
    }

    [Theory]
    [InlineData("ttlInSeconds", "soon")]
    [InlineData("ttl", "-3")]
    [InlineData("priority", "high")]
    public async Task Metadata_ThatCannotBeRead_IsLeftOutWithAWarning(string name, string value)
    {
        var broker = await StartAsync(Confirmed);
        await PublishAsync(broker, "declares the exchange");
        var observer = await ObserveAsync();

        await PublishAsync(broker, "sent all the same", new() { [name] = value });

        var properties = (await TakeAsync(observer)).BasicProperties;
        Assert.False(properties.IsExpirationPresent() || properties.IsPriorityPresent());
        Assert.Contains(Logs.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains($"'{value}' cannot be read", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ttlInSeconds", "5000000", "longer than the broker's 49 days")]
    [InlineData("messageID", null, "longer than 255 bytes")]
    [InlineData("routingKey", null, "longer than 255 bytes")]
    public async Task Metadata_ThatTheBrokerWouldCloseTheChannelOver_IsRefusedInstead(string name, string? value, string reason)
    {
        var broker = await StartAsync(Confirmed);

        var refusal = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "x", new() { [name] = value ?? new string('x', 256) }));

        Assert.Equal(ComponentFault.BadRequest, refusal.Fault);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Confirms_SomeNegativeAmongManyAtOnce_FailExactlyThose()
    {
        var broker = await StartAsync(Confirmed);
        await PublishAsync(broker, "declares the exchange");
        await DeclareFullAtAsync(10);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Record.ExceptionAsync(() => PublishAsync(broker, $"{n}"))));

        var refused = outcomes.OfType<ComponentException>().ToList();
        Assert.Equal((10, 90), (outcomes.Count(outcome => outcome is null), refused.Count));
        Assert.All(refused, failure => Assert.Contains("negative confirm", failure.Message, StringComparison.Ordinal));
        var kept = new List<string>();
        for (var n = 0; n < 10; n++)
        {
            kept.Add(Encoding.UTF8.GetString((await TakeAsync(Queue)).Body.Span));
        }

        Assert.Equal(outcomes.Index().Where(item => item.Item is null).Select(item => $"{item.Index}"), kept.Order());
    }

    [Fact]
    public async Task Confirms_Off_TheBrokersRefusalIsNotSeen()
    {
        var broker = await StartAsync(("deletedWhenUnused", "false"));
        await PublishAsync(broker, "declares the exchange");
        await DeclareFullAtAsync(1);

        await PublishAsync(broker, "kept");
        await PublishAsync(broker, "refused, but nobody asked");

        await Eventually.Get(() => ReadyAsync(Queue), ready => ready == 1);
    }

    [Fact]
    public async Task Publish_CallersLeaveInTheMiddle_TheOthersGetTheirOwnAnswers()
    {
        var broker = await StartAsync(Confirmed);
        await PublishAsync(broker, "declares the exchange");
        await DeclareFullAtAsync(500);
        using var impatient = new CancellationTokenSource();

        var publishing = Enumerable.Range(0, 1000)
            .Select(n => Record.ExceptionAsync(() => PublishAsync(broker, $"{n}", cancellationToken: n % 3 == 0 ? impatient.Token : default))).ToList();
        await impatient.CancelAsync();
        var outcomes = await Task.WhenAll(publishing);

        // Who left cannot know; who stayed must be told the truth.
        var kept = new HashSet<string>();
        for (var left = await ReadyAsync(Queue); left > 0; left--)
        {
            kept.Add(Encoding.UTF8.GetString((await TakeAsync(Queue)).Body.Span));
        }

        var stayed = outcomes.Index().Where(item => item.Index % 3 != 0).ToList();
        Assert.All(stayed, item => Assert.Equal(item.Item is null, kept.Contains($"{item.Index}")));
        Assert.All(stayed, item => Assert.True(item.Item is null or ComponentException));
        Assert.All(outcomes.Index().Where(item => item.Index % 3 == 0), item => Assert.True(item.Item is null or ComponentException or OperationCanceledException));
    }

    [Fact]
    public async Task Publish_CancelledBefore_IsAnErrorAndSendsNothing()
    {
        var broker = await StartAsync(Confirmed);
        await PublishAsync(broker, "declares the exchange");
        var observer = await ObserveAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PublishAsync(broker, "no", cancellationToken: new CancellationToken(true)));
        await PublishAsync(broker, "yes");

        Assert.Equal("yes", Encoding.UTF8.GetString((await TakeAsync(observer)).Body.Span));
    }

    [Fact]
    public async Task Exchange_DeletedUnderThePublisher_IsDeclaredAgain()
    {
        var broker = await StartAsync(Confirmed);
        await PublishAsync(broker, "declares the exchange");
        await using (var channel = await ChannelAsync())
        {
            await channel.ExchangeDeleteAsync(Topic);
        }

        await PublishAsync(broker, "declares it again");

        var observer = await ObserveAsync();
        await PublishAsync(broker, "arrives");
        Assert.Equal("arrives", Encoding.UTF8.GetString((await TakeAsync(observer)).Body.Span));
    }

    [Fact]
    public async Task DeclaredSubscribers_BeforeAnyOfThemStarted_KeepTheirMessages()
    {
        var publisher = await StartAsync([.. Confirmed, ("declaredSubscribers", $" {Topic} = app, late ; other=app")]);

        await PublishAsync(publisher, "early");

        var (one, two) = (new Recorder(), new Recorder());
        await using var first = await SubscribeAsync(publisher, one);
        await using var second = await SubscribeAsync(await StartAsync(Confirmed), two, group: "late");
        Assert.Equal(["early"], await one.WaitForAsync(1));
        Assert.Equal(["early"], await two.WaitForAsync(1));
    }

    [Fact]
    public async Task DeclaredSubscribers_QueueDeletedMeanwhile_IsAnErrorOnceAndDeclaredAgain()
    {
        var publisher = await StartAsync([.. Confirmed, ("declaredSubscribers", $"{Topic}=app")]);
        await PublishAsync(publisher, "early");
        await using (var channel = await ChannelAsync())
        {
            await channel.QueueDeleteAsync(Queue);
        }

        var refusal = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(publisher, "lost, and said so"));
        await PublishAsync(publisher, "kept");

        Assert.Contains($"no queue took the message for topic '{Topic}' (312 NO_ROUTE)", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("kept", Encoding.UTF8.GetString((await TakeAsync(Queue)).Body.Span));
    }

    [Fact]
    public async Task DeclaredSubscribers_ManyAtOnceWhileTheQueueComesAndGoes_SayTheTruthOfEach()
    {
        var publisher = await StartAsync([.. Confirmed, ("declaredSubscribers", $"{Topic}=app")]);
        var kept = new List<string>();
        var taken = new HashSet<string>();

        for (var turn = 0; turn < 5; turn++)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(async n => (Text: $"{turn}-{n}", Failure: await Record.ExceptionAsync(() => PublishAsync(publisher, $"{turn}-{n}")))));
            kept.AddRange(outcomes.Where(outcome => outcome.Failure is null).Select(outcome => outcome.Text));
            Assert.All(outcomes, outcome => Assert.True(outcome.Failure is null or ComponentException));
            for (var left = await ReadyIfThereAsync(); left > 0; left--)
            {
                taken.Add(Encoding.UTF8.GetString((await TakeAsync(Queue)).Body.Span));
            }

            await using var channel = await ChannelAsync();
            await channel.QueueDeleteAsync(Queue);
        }

        Assert.NotEmpty(kept);
        Assert.Equal(kept.Order(), taken.Order());
    }

    [Fact]
    public async Task Publish_ManyTopicsAtOnce_AllArrive()
    {
        var broker = await StartAsync([.. Confirmed, ("declaredSubscribers", string.Join(';', Enumerable.Range(0, 40).Select(n => $"{Topic}-{n}=app")))]);

        await Task.WhenAll(Enumerable.Range(0, 400).Select(n => broker.PublishAsync(new($"{Topic}-{n % 40}", "x"u8.ToArray(), null, NoMetadata), default)));

        for (var n = 0; n < 40; n++)
        {
            Assert.Equal(10u, await ReadyAsync($"app-{Topic}-{n}"));
        }
    }

    private async Task<uint> ReadyIfThereAsync()
    {
        await using var channel = await ChannelAsync();
        return await Record.ExceptionAsync(() => channel.QueueDeclarePassiveAsync(Queue)) is null ? await ReadyAsync(Queue) : 0;
    }

    /// <summary>A queue that takes so many messages and refuses the next.</summary>
    private async Task DeclareFullAtAsync(int length)
    {
        await using var channel = await ChannelAsync();
        await channel.QueueDeclareAsync(
            Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-max-length"] = length, ["x-overflow"] = "reject-publish" });
        await channel.QueueBindAsync(Queue, Topic, "");
    }
}

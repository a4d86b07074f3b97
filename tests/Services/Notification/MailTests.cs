using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Notification;
using DaprShop.Notification.Mail;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;

namespace DaprShop.Tests.Notification;

public sealed class MailTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private FakeSidecar _sidecar = null!;
    private RunningService _notification = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _notification = await RunningService.StartAsync(NotificationHost.Build, _sidecar, _clock, "--Mail:Domain=shop.example");
    }

    public async Task DisposeAsync()
    {
        await _notification.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Event_NoDomainIsSet_PlansNoMail()
    {
        await using var silent = await RunningService.StartAsync(NotificationHost.Build, _sidecar, _clock);

        Assert.Equal("SUCCESS", await DeliverAsync(silent, Confirmed()));

        Assert.Empty(_sidecar.Jobs);
    }

    [Fact]
    public async Task Event_DeliveredTwice_PlansOneMailThatIsSentOnce()
    {
        await DeliverAsync(_notification, Confirmed());
        Assert.Equal("SUCCESS", await DeliverAsync(_notification, Confirmed()));
        var job = Assert.Single(_sidecar.Jobs);

        await RunAsync(job);
        await RunAsync(job);

        var mail = Assert.Single(_sidecar.BindingCalls);
        var (body, metadata) = (mail.Json, mail.Json.GetProperty("metadata"));
        Assert.Equal(("/v1.0/bindings/mail", "create"), (mail.Path, body.GetProperty("operation").GetString()));
        Assert.Equal("<p>Your order is paid (CNY 12.05) and confirmed.</p><p>Order order-1</p>", body.GetProperty("data").GetString());
        Assert.Equal(
            ("shopper-1@shop.example", "Order confirmed"), (metadata.GetProperty("emailTo").GetString(), metadata.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task Mail_ServerIsAway_IsTriedAgainLaterAndTheInboxKnowsNothingOfIt()
    {
        _sidecar.BindingStatus = 500;
        Assert.Equal("SUCCESS", await DeliverAsync(_notification, Confirmed()));

        for (var attempt = 0; attempt < 4; attempt++)
        {
            await RunAsync(_sidecar.Jobs.ElementAt(attempt));
        }

        _sidecar.BindingStatus = 204;
        await RunAsync(_sidecar.Jobs.ElementAt(4));

        Assert.Equal(["0ms", "5000ms", "10000ms", "20000ms", "40000ms"], _sidecar.Jobs.Select(job => job.Json.GetProperty("dueTime").GetString()));
        Assert.Equal(5, _sidecar.Jobs.Select(job => job.Path).Distinct().Count());
        Assert.Equal(5, _sidecar.BindingCalls.Count);
        Assert.Equal(1, await InboxCountAsync());
    }

    [Fact]
    public async Task Mail_NotTakenForADay_IsGivenUp()
    {
        _sidecar.BindingStatus = 500;
        await DeliverAsync(_notification, Confirmed());

        _clock.Advance(TimeSpan.FromDays(1));
        await RunAsync(_sidecar.Jobs.Single());

        Assert.Single(_sidecar.BindingCalls);
        Assert.Single(_sidecar.Jobs);
    }

    [Fact]
    public async Task Event_MailCannotBePlanned_ComesAgainAndIsInTheInboxOnce()
    {
        _sidecar.JobStatus = 500;

        var first = await DeliverAsync(_notification, Confirmed());
        _sidecar.JobStatus = 204;
        var again = await DeliverAsync(_notification, Confirmed());

        Assert.Equal(("RETRY", "SUCCESS"), (first, again));
        Assert.Equal(1, await InboxCountAsync());
        await RunAsync(_sidecar.Jobs.Last());
        Assert.Single(_sidecar.BindingCalls);
    }

    [Fact]
    public async Task Mail_MarkerCannotBeRead_IsNotSentAndComesAgain()
    {
        await DeliverAsync(_notification, Confirmed());
        _sidecar.StoreIsUp = false;

        var answer = await RunJobAsync(_sidecar.Jobs.Single().Json.GetProperty("data").GetRawText());

        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Empty(_sidecar.BindingCalls);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a@b")]
    [InlineData("a;b")]
    [InlineData(".a")]
    [InlineData("a\nb")]
    [InlineData("é")]
    public async Task Event_UserIdThatIsNoLocalPart_GetsNoMail(string user)
    {
        Assert.Equal("SUCCESS", await DeliverAsync(_notification, Confirmed() with { UserId = user }));

        Assert.Empty(_sidecar.Jobs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"userId":"u","notification":{"id":"n"}}""")]
    public async Task Job_ThatIsNoMail_IsDropped(string body)
    {
        var answer = await RunJobAsync(body);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Empty(_sidecar.BindingCalls);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 40)]
    [InlineData(7, 600)]
    [InlineData(1000, 600)]
    public void PauseAfter_Attempts_DoublesUpToTenMinutes(int attempt, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Mails.PauseAfter(attempt));
    }

    private static OrderConfirmed Confirmed() =>
        new("event-1", "order-1", "shopper-1", new Money(1205, "CNY"), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), 3);

    private static Task<string?> DeliverAsync(RunningService service, OrderConfirmed happened) =>
        service.DeliverAsync("/events/orders-confirmed", Envelope.Of(happened));

    private async Task RunAsync(Recorded planned)
    {
        var answer = await RunJobAsync(planned.Json.GetProperty("data").GetRawText());
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private Task<HttpResponseMessage> RunJobAsync(string data) => _notification.SendAsync(HttpMethod.Post, "/job/mail", data);

    private async Task<int> InboxCountAsync()
    {
        var page = await _notification.SendAsync(HttpMethod.Get, "/api/v1/notifications", null, ("shop-user", "shopper-1"));
        return (await page.JsonAsync()).GetProperty("items").GetArrayLength();
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

[Collection(SharedShop.Name)]
public sealed class OrderStreamTests(ShopFixture shop)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Stream_OpenedRightAfterTheOrderWasPlaced_TellsItsWholeLifeAndEnds()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = await PlaceAsync(shopper, "tok_ok");

        var events = await ReadToEndAsync(shopper, id, lastEventId: "0");

        Assert.Equal(["1", "2", "3", "4"], events.Select(told => told.Id));
        Assert.Equal(["Reserved", "AwaitingPayment", "Paid", "Confirmed"], events.Select(told => Status(told.Data)));
        Assert.Equal((await shopper.ReadAsync($"/api/v1/orders/{id}")).Body, events[^1].Data);
    }

    [Fact]
    public async Task Stream_OfAnOrderThatIsCancelledMeanwhile_TellsIt()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = await PlaceAsync(shopper, "tok_webhook_late");

        var stream = ReadToEndAsync(shopper, id);
        var cancelled = await ShopClient.StubbornlyAsync(() => shopper.PostAsync($"/api/v1/orders/{id}/cancel", new { }));
        var last = (await stream)[^1].Data;

        // Without the customer, the order would end too: at its deadline.
        Assert.Equal(HttpStatusCode.Accepted, cancelled.Status);
        Assert.Equal(("Cancelled", "customer"), (Status(last), JsonDocument.Parse(last).RootElement.GetProperty("cancelReason").GetString()));
    }

    [Fact]
    public async Task Stream_OfASettledOrder_ResumesAfterTheLastEventAndThenHasNothingMore()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = await PlaceAsync(shopper, "tok_ok");
        await shopper.FollowAsync(id, "Confirmed");

        var events = await ReadToEndAsync(shopper, id, lastEventId: "3");
        var after = await shopper.GetAsync($"/api/v1/orders/{id}/stream", ("Last-Event-ID", "4"));

        Assert.Equal(("4", "Confirmed"), (events[0].Id, Status(Assert.Single(events).Data)));
        Assert.Equal((HttpStatusCode.NoContent, ""), (after.Status, after.Body));
    }

    [Fact]
    public async Task Stream_OfSomebodyElse_DoesNotExist()
    {
        using var owner = await shop.NewShopperAsync();
        using var stranger = await shop.NewShopperAsync();
        var id = await PlaceAsync(owner, "tok_ok");

        var answer = await stranger.GetAsync($"/api/v1/orders/{id}/stream");

        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task Stream_LastEventIdThatIsNone_IsRefusedByName()
    {
        using var shopper = await shop.NewShopperAsync();
        var id = await PlaceAsync(shopper, "tok_ok");

        var answer = await shopper.GetAsync($"/api/v1/orders/{id}/stream", ("Last-Event-ID", "yesterday"));

        Assert.Equal((HttpStatusCode.BadRequest, "validation"), (answer.Status, answer.Problem));
        Assert.Equal(["Last-Event-ID"], answer.Members);
    }

    private static string? Status(string data) => JsonDocument.Parse(data).RootElement.GetProperty("status").GetString();

    private async Task<string> PlaceAsync(ShopClient shopper, string source)
    {
        var placed = await shopper.PlaceStubbornlyAsync("k", source, (await shop.NewProductAsync(5), 1));
        Assert.Equal(HttpStatusCode.Accepted, placed.Status);
        return placed.Json.GetProperty("id").GetString()!;
    }

    /// <summary>All events until the server ends the stream.</summary>
    private async Task<IReadOnlyList<(string Id, string Data)>> ReadToEndAsync(ShopClient shopper, string id, string? lastEventId = null)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var http = new HttpClient { BaseAddress = new Uri(shop.Gateway), Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/orders/{id}/stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", shopper.Token);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(deadline.Token));
        var events = new List<(string, string)>();
        var number = "";
        while (await reader.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                number = line["id: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((number, line["data: ".Length..]));
            }
        }

        return events;
    }
}

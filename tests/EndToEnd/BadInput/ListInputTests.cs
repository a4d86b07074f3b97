using System.Globalization;
using System.Net;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

[Collection(SharedShop.Name)]
public sealed class ListInputTests(ShopFixture shop)
{
    private static readonly string[] Lists = ["/api/v1/products", "/api/v1/orders", "/api/v1/notifications"];

    public static TheoryData<string, string, string> BadPages()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var list in Lists)
        {
            foreach (var limit in (string[])["0", "101", "x", "-1", "1.5", "", "%201", "99999999999", "1&limit=2"])
            {
                rows.Add(list, $"limit={limit}", "limit");
            }

            // The last ones are made as a list's own are, with other contents.
            foreach (var cursor in (string[])["x", "", "%00", "WyJub25zZW5zZSIsIjEiXQ", Cursor("products", "x"), Cursor("orders", "-1"), Cursor("orders", "99999999999"), Cursor("notifications", "x", "y")])
            {
                rows.Add(list, $"cursor={cursor}", "cursor");
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(BadPages))]
    public async Task Page_OutOfRangeOrMadeUp_IsNamed(string list, string query, string member)
    {
        using var shopper = await shop.NewShopperAsync();

        var answer = await shopper.GetAsync($"{list}?{query}");

        Refusal.Is(answer, 400, "validation", list, member);
    }

    [Fact]
    public async Task Cursor_OfEachList_IsForeignToTheOthers()
    {
        using var shopper = await shop.NewShopperAsync();
        var sku = await shop.NewProductAsync(5);
        for (var n = 0; n < 2; n++)
        {
            var id = (await shopper.PlaceStubbornlyAsync(string.Create(CultureInfo.InvariantCulture, $"k{n}"), "tok_ok", (sku, 1))).Json.GetProperty("id").GetString()!;
            await shopper.FollowAsync(id, "Confirmed");
        }

        await Eventually.Get(
            async () => (await shopper.ReadAsync("/api/v1/notifications")).Json.GetProperty("items").GetArrayLength(), count => count == 2);
        foreach (var owner in Lists)
        {
            var cursor = (await shopper.ReadAsync($"{owner}?limit=1")).Json.GetProperty("nextCursor").GetString()!;
            foreach (var list in Lists)
            {
                var answer = await shopper.ReadAsync($"{list}?cursor={cursor}");

                Assert.True(answer.Status == (list == owner ? HttpStatusCode.OK : HttpStatusCode.BadRequest), $"{owner} at {list}: {answer.Body}");
            }
        }
    }

    [Theory]
    [InlineData("paid")]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("%2B2")]
    [InlineData("Reserved,Paid")]
    [InlineData("%20Paid")]
    [InlineData("Paid&status=Paid")]
    public async Task Status_ThatIsNone_IsNamed(string status)
    {
        using var shopper = await shop.NewShopperAsync();

        Refusal.Is(await shopper.GetAsync($"/api/v1/orders?status={status}"), 400, "validation", "/api/v1/orders", "status");
    }

    [Fact]
    public async Task User_AskedForByACustomer_IsNamed()
    {
        using var shopper = await shop.NewShopperAsync();

        Refusal.Is(await shopper.GetAsync("/api/v1/orders?user=shopper-1"), 400, "validation", "/api/v1/orders", "user");
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a||b")]
    [InlineData("%00")]
    [InlineData("%2E%2E%2Fx")]
    public async Task User_WhoHasNoOrders_HasAnEmptyList(string user)
    {
        var answer = await shop.Operator.GetAsync($"/api/v1/orders?user={user}");

        Assert.Equal((HttpStatusCode.OK, """{"items":[],"nextCursor":null}"""), (answer.Status, answer.Body));
    }

    private static string Cursor(params string[] parts) =>
        System.Buffers.Text.Base64Url.EncodeToString(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(parts));
}

using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>The routes that take a JSON body refuse what is none, in the same words.</summary>
[Collection(SharedShop.Name)]
public sealed class EveryBodyTests(ShopFixture shop)
{
    private static readonly (string Method, string Path)[] Routes =
    [
        ("POST", "/api/v1/tokens"),
        ("PUT", "/api/v1/products/SKU-1024"),
        ("PUT", "/api/v1/stock/SKU-1024"),
        ("POST", "/api/v1/stock/SKU-1024/restocks"),
        ("POST", "/api/v1/orders"),
        ("PUT", "/api/v1/cart/items/SKU-1024"),
        ("POST", "/api/v1/cart/checkout"),
        ("PUT", "/api/v1/ops/settings"),
        ("POST", "/api/v1/ops/dead-letters/replay"),
        ("POST", "/api/v1/sales"),
        ("POST", "/api/v1/sales/no-such-sale/orders"),
    ];

    public static TheoryData<string, string, string, string, string> NoBodies()
    {
        var rows = new TheoryData<string, string, string, string, string>();
        foreach (var (method, path) in Routes)
        {
            foreach (var row in Bodies.NoRouteTakes)
            {
                rows.Add(method, path, (string)row[0], (string)row[1], (string)row[2]);
            }
        }

        return rows;
    }

    public static TheoryData<string, string> AllRoutes()
    {
        var rows = new TheoryData<string, string>();
        foreach (var (method, path) in Routes)
        {
            rows.Add(method, path);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(NoBodies))]
    public async Task Body_ThatNoRouteTakes_NamesTheMember(string method, string path, string what, string body, string member)
    {
        var answer = await SendAsync(method, path, Bodies.Json(body));

        Assert.NotEmpty(what);
        Refusal.Is(answer, 400, "validation", path, member);
    }

    public static TheoryData<string, string, string> OtherTypes()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var (method, path) in Routes)
        {
            foreach (var type in (string[])["text/plain", "multipart/form-data", "", ";;;", "application/json, text/plain", "application/json; charset=nonsense"])
            {
                rows.Add(method, path, type);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(OtherTypes))]
    public async Task Body_OfAnotherType_NamesTheContentType(string method, string path, string contentType) =>
        Refusal.Is(await SendAsync(method, path, Bodies.Typed("{}", contentType)), 400, "validation", path, "Content-Type");

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Body_NestedDeeply_IsRefused(string method, string path)
    {
        var answer = await SendAsync(method, path, Bodies.Json(Bodies.Nested(10_000)));

        Refusal.Is(answer, 400, "validation", path, "$");
    }

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Body_OneByteOverTheLimit_IsTooLarge(string method, string path) =>
        Refusal.Is(await SendAsync(method, path, Bodies.OfSize(Bodies.Limit + 1)), 413, "payload-too-large", path);

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Body_OverTheLimitInChunks_IsTooLarge(string method, string path) =>
        Refusal.Is(await SendAsync(method, path, Bodies.Chunked(Bodies.Limit + 1024)), 413, "payload-too-large", path);

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Body_OfTheLimit_IsRead(string method, string path) =>
        Refusal.Is(await SendAsync(method, path, Bodies.OfSize(Bodies.Limit)), 400, "validation", path, "a");

    private Task<Answer> SendAsync(string method, string path, HttpContent content) =>
        shop.Operator.SendAsync(new HttpMethod(method), path, content, ("Idempotency-Key", "bad-body"));
}

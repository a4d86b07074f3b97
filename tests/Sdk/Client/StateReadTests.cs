using System.Text.Json;
using Dapr;
using Dapr.Client;

namespace DaprShop.Tests.Client;

public sealed class StateReadTests
{
    private sealed record Item(string Name, int Count);

    [Fact]
    public async Task Get_ExistingKey_GivesValueAndBareEtag()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"name":"pen","count":3}""", ("ETag", "17"));
        using var client = sidecar.Client();

        var (value, etag) = await client.GetStateAndETagAsync<Item>("statestore", "item/a b");

        Assert.Equal("GET /v1.0/state/statestore/item%2Fa%20b", sidecar.Request.Line);
        Assert.Equal(new Item("pen", 3), value);
        Assert.Equal("17", etag);
    }

    [Fact]
    public async Task Get_MissingKey_GivesDefaultsAndEmptyEtag()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        var (item, etag) = await client.GetStateAndETagAsync<Item?>("statestore", "k");
        var number = await client.GetStateAsync<int>("statestore", "k");

        Assert.Null(item);
        Assert.Equal("", etag);
        Assert.Equal(0, number);
    }

    [Fact]
    public async Task Get_ChunkedAnswerWithoutBytes_GivesDefault()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        sidecar.Answer = context => context.Response.Body.FlushAsync();
        using var client = sidecar.Client();

        Assert.Null(await client.GetStateAsync<Item?>("statestore", "k"));
    }

    [Fact]
    public async Task Get_ConsistencyAndMetadata_GoIntoTheQuery()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.GetStateAsync<int>("s", "k", ConsistencyMode.Strong, new Dictionary<string, string> { ["partitionKey"] = "p 1" });

        Assert.Equal("GET /v1.0/state/s/k?consistency=strong&metadata.partitionKey=p%201", sidecar.Request.Line);
    }

    [Theory]
    [InlineData("a+b%c?d#e", "a%2Bb%25c%3Fd%23e")]
    [InlineData("键", "%E9%94%AE")]
    [InlineData("a/../b", "a%2F..%2Fb")]
    public async Task Get_KeyWithReservedCharacters_StaysOneSegment(string key, string encoded)
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.GetStateAsync<int>("s", key);

        Assert.Equal($"GET /v1.0/state/s/{encoded}", sidecar.Request.Line);
    }

    [Fact]
    public async Task Get_DotKey_IsRefusedInsteadOfReadingAnotherPath()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<DaprException>(() => client.GetStateAsync<int>("s", ".."));

        Assert.Empty(sidecar.Requests);
    }

    [Fact]
    public async Task Get_AnswerIsNotTheType_ThrowsWithTheJsonErrorInside()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, "\"text\"");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<DaprException>(() => client.GetStateAsync<int>("s", "k"));

        Assert.IsType<JsonException>(failure.InnerException);
    }

    [Fact]
    public async Task Get_CustomJsonOptions_AreUsed()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"Name":"pen","Count":3}""");
        using var client = sidecar.Client(builder => builder.UseJsonSerializationOptions(new JsonSerializerOptions()));

        Assert.Equal(new Item("pen", 3), await client.GetStateAsync<Item>("s", "k"));
        Assert.Null(client.JsonSerializerOptions.PropertyNamingPolicy);
    }

    [Fact]
    public async Task GetBulk_FoundAndMissing_ComeBackAsTheSidecarSays()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """[{"key":"a","data":{"name":"pen","count":3},"etag":"1"},{"key":"b"}]""");
        using var client = sidecar.Client();

        var items = await client.GetBulkStateAsync<Item?>("s", ["a", "b"], 4, new Dictionary<string, string> { ["x"] = "1" });

        Assert.Equal("POST /v1.0/state/s/bulk?metadata.x=1", sidecar.Request.Line);
        Assert.Equal("""{"keys":["a","b"],"parallelism":4}""", sidecar.Request.Body);
        Assert.Equal([("a", new Item("pen", 3), "1"), ("b", null, "")], items.Select(item => (item.Key, item.Value, item.ETag)));
    }

    [Fact]
    public async Task GetBulk_AsText_GivesTheStoredJson()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """[{"key":"a","data":{ "n": 1.50 },"etag":"1"},{"key":"b"}]""");
        using var client = sidecar.Client();

        var items = await client.GetBulkStateAsync("s", ["a", "b"], null);

        Assert.Equal("""{"keys":["a","b"]}""", sidecar.Request.Body);
        Assert.Equal([("a", "{ \"n\": 1.50 }", "1"), ("b", "", "")], items.Select(item => (item.Key, item.Value, item.ETag)));
    }

    [Fact]
    public async Task GetBulk_NoKeys_IsRefused()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentException>(() => client.GetBulkStateAsync("s", [], null));
    }

    [Fact]
    public async Task GetEntry_ChangedAndTried_WritesWithTheEtagOfTheRead()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"name":"pen","count":3}""", ("ETag", "17"));
        using var client = sidecar.Client();

        var entry = await client.GetStateEntryAsync<Item>("s", "k");
        entry.Value = entry.Value with { Count = 2 };
        var saved = await entry.TrySaveAsync();

        Assert.True(saved);
        Assert.Equal("""[{"key":"k","value":{"name":"pen","count":2},"etag":"17"}]""", sidecar.Requests.Last().Body);
        Assert.Equal("17", entry.ETag);
    }
}

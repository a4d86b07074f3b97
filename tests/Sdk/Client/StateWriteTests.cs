using System.Text;
using System.Text.Json;
using Dapr;
using Dapr.Client;

namespace DaprShop.Tests.Client;

public sealed class StateWriteTests
{
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

    private sealed record Item(string Name, int Count);

    [Fact]
    public async Task Save_Value_IsOneItemWithOnlyWhatWasSaid()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.SaveStateAsync("statestore", "a/b", new Item("pén <1>", 3));

        Assert.Equal("POST /v1.0/state/statestore", sidecar.Request.Line);
        Assert.Equal("application/json", sidecar.Request.Header("Content-Type"));
        Assert.Equal("""[{"key":"a/b","value":{"name":"p\u00E9n \u003C1\u003E","count":3}}]""", sidecar.Request.Body);
    }

    [Fact]
    public async Task Save_OptionsAndMetadata_GoIntoTheItem()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.SaveStateAsync("s", "k", 1, FirstWrite, new Dictionary<string, string> { ["ttlInSeconds"] = "9" });

        Assert.Equal(
            """[{"key":"k","value":1,"metadata":{"ttlInSeconds":"9"},"options":{"concurrency":"first-write","consistency":"strong"}}]""",
            sidecar.Request.Body);
    }

    [Fact]
    public async Task Save_Null_LeavesTheValueOut()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.SaveStateAsync<Item?>("s", "k", null);

        Assert.Equal("""[{"key":"k"}]""", sidecar.Request.Body);
    }

    [Fact]
    public async Task TrySave_EmptyEtagAndFirstWrite_ReachesTheSidecarAsACreate()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        var saved = await client.TrySaveStateAsync("s", "k", 1, "", new StateOptions { Concurrency = ConcurrencyMode.FirstWrite });

        Assert.True(saved);
        Assert.Equal("""[{"key":"k","value":1,"etag":"","options":{"concurrency":"first-write"}}]""", sidecar.Request.Body);
    }

    [Fact]
    public async Task TrySave_EtagMismatch_IsFalse()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(409, """{"errorCode":"ERR_STATE_SAVE","message":"possible etag mismatch"}""");
        using var client = sidecar.Client();

        Assert.False(await client.TrySaveStateAsync("s", "k", 1, "17"));
        Assert.False(await client.TryDeleteStateAsync("s", "k", "17"));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task TrySave_AnyOtherFailure_Throws(int status)
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(status, """{"errorCode":"ERR_STATE_SAVE","message":"no"}""");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<DaprException>(() => client.TrySaveStateAsync("s", "k", 1, "17"));

        Assert.Equal($"Saving state 'k' failed: the sidecar answered {status} ERR_STATE_SAVE: no", failure.Message);
        Assert.Equal(status, (int)Assert.IsType<HttpRequestException>(failure.InnerException).StatusCode!);
    }

    [Fact]
    public async Task Save_EtagMismatchWithoutEtag_Throws()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(409);
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<DaprException>(() => client.SaveStateAsync("s", "k", 1, FirstWrite));
        await Assert.ThrowsAsync<DaprException>(() => client.DeleteStateAsync("s", "k"));
    }

    [Fact]
    public async Task Try_WithoutEtag_IsRefusedBeforeTheCall()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<ArgumentNullException>(() => client.TrySaveStateAsync("s", "k", 1, null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.TryDeleteStateAsync("s", "k", null!));

        Assert.Empty(sidecar.Requests);
    }

    [Fact]
    public async Task Delete_WithOptions_PutsThemIntoTheQuery()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.DeleteStateAsync("s", "a/b", FirstWrite, new Dictionary<string, string> { ["x"] = "1" });

        Assert.Equal("DELETE /v1.0/state/s/a%2Fb?concurrency=first-write&consistency=strong&metadata.x=1", sidecar.Request.Line);
        Assert.Null(sidecar.Request.Header("If-Match"));
    }

    [Fact]
    public async Task TryDelete_WithEtag_SendsItBare()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        Assert.True(await client.TryDeleteStateAsync("s", "k", "17"));

        Assert.Equal("DELETE /v1.0/state/s/k", sidecar.Request.Line);
        Assert.Equal("17", sidecar.Request.Header("If-Match"));
    }

    [Fact]
    public async Task SaveBulk_Items_GoInOneRequest()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.SaveBulkStateAsync("s", [new SaveStateItem<int>("a", 1, "5"), new SaveStateItem<int>("b", 2, null!)]);

        Assert.Equal("POST /v1.0/state/s", sidecar.Request.Line);
        Assert.Equal("""[{"key":"a","value":1,"etag":"5"},{"key":"b","value":2}]""", sidecar.Request.Body);
    }

    [Fact]
    public async Task DeleteBulk_Items_GoOneByOneWithTheirEtags()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.DeleteBulkStateAsync("s", [new BulkDeleteStateItem("a", "5"), new BulkDeleteStateItem("b", null!)]);

        Assert.Equal(
            [("DELETE /v1.0/state/s/a", "5"), ("DELETE /v1.0/state/s/b", null)],
            sidecar.Requests.Select(request => (request.Line, request.Header("If-Match"))).Order());
    }

    [Fact]
    public async Task DeleteBulk_OneFails_Throws()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(500);
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<DaprException>(() => client.DeleteBulkStateAsync("s", [new BulkDeleteStateItem("a", "5")]));
    }

    [Fact]
    public async Task Transaction_Operations_CarryValuesUnchanged()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.ExecuteStateTransactionAsync(
            "s",
            [
                new("a", Encoding.UTF8.GetBytes("""{"n":1.50}"""), StateOperationType.Upsert, "5", new Dictionary<string, string> { ["outbox.projection"] = "true" }, FirstWrite),
                new("b", null, StateOperationType.Delete),
            ],
            new Dictionary<string, string> { ["x"] = "1" });

        Assert.Equal("POST /v1.0/state/s/transaction", sidecar.Request.Line);
        Assert.Equal(
            """{"operations":[{"operation":"upsert","request":{"key":"a","value":{"n":1.50},"etag":"5","metadata":{"outbox.projection":"true"},"options":{"concurrency":"first-write","consistency":"strong"}}},{"operation":"delete","request":{"key":"b"}}],"metadata":{"x":"1"}}""",
            sidecar.Request.Body);
    }

    [Fact]
    public async Task Transaction_ValueIsNotJson_IsRefusedBeforeTheCall()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<DaprException>(() =>
            client.ExecuteStateTransactionAsync("s", [new("a", [0xFF, 0x00], StateOperationType.Upsert)]));

        Assert.IsAssignableFrom<JsonException>(failure.InnerException);
        Assert.Empty(sidecar.Requests);
    }

    [Fact]
    public async Task Transaction_EtagMismatch_IsAFailure()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(500, """{"errorCode":"ERR_STATE_TRANSACTION","message":"possible etag mismatch"}""");
        using var client = sidecar.Client();

        await Assert.ThrowsAsync<DaprException>(() =>
            client.ExecuteStateTransactionAsync("s", [new("a", "1"u8.ToArray(), StateOperationType.Upsert, "5")]));
    }
}

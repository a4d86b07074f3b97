using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;
using static Sidecar.Grpc.DaprApi.StateOptions.Types;

namespace DaprShop.Tests.Grpc;

/// <summary>The state methods over the real in-memory store.</summary>
public sealed class StateServiceTests : IAsyncLifetime
{
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(Yaml.Component("store", "state.in-memory"));

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task SaveAndGet_GoldenBytes_AreTheContractsFields()
    {
        // SaveState: 1 store_name, 2 states { 1 key, 2 value, 4 metadata { 1 key, 2 value } }
        byte[] state = [0x0A, 1, (byte)'k', 0x12, 2, 0xFF, 0x00];
        byte[] save = [0x0A, 5, .. "store"u8, 0x12, (byte)state.Length, .. state];
        // GetState: 1 store_name, 2 key
        byte[] get = [0x0A, 5, .. "store"u8, 0x12, 1, (byte)'k'];

        var saved = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf("SaveState"), RawGrpcClient.Frame(save));
        var read = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf("GetState"), RawGrpcClient.Frame(get));

        Assert.Equal(0, saved.Status);
        Assert.Empty(saved.Single);
        // 1 data, 2 etag
        Assert.Equal([0x0A, 2, 0xFF, 0x00, 0x12, (byte)(read.Single.Length - 6)], read.Single[..6]);
    }

    [Fact]
    public async Task Get_AMissingKey_IsAnEmptyAnswer()
    {
        var reply = await _sidecar.CallAsync("GetState", new GetStateRequest { StoreName = "store", Key = "nope" });

        Assert.Equal(0, reply.Status);
        Assert.Empty(reply.Single);
    }

    [Fact]
    public async Task Save_OverGrpc_IsReadOverHttpUnderTheSameKey()
    {
        await SaveAsync(Item("k", """{"n":1}"""));

        Assert.Equal("""200 {"n":1}""", await _sidecar.Running.Http.SendTextAsync("GET", "/v1.0/state/store/k"));
    }

    [Theory]
    [InlineData("application/json", """ { "n" : 1.50 , "t" : "ä" } """, """{"n":1.50,"t":"ä"}""")]
    [InlineData("text/plain", """ { "n" : 1 } """, """ { "n" : 1 } """)]
    public async Task Save_WithAContentType_KeepsTheBytesUnlessTheyAreJson(string contentType, string given, string stored)
    {
        var item = Item("k", given);
        item.Metadata.Add("contentType", contentType);

        await SaveAsync(item);

        Assert.Equal(stored, (await GetAsync("k")).Data.ToStringUtf8());
    }

    [Fact]
    public async Task Save_JsonThatIsNone_IsUnknownAndStoresNothing()
    {
        var item = Item("k", "{nope");
        item.Metadata.Add("contentType", "application/json");

        var end = await _sidecar.EndAsync("SaveState", Save(item));

        Assert.StartsWith("2 failed saving state in state store store: 'n' is an invalid start of a property name", end, StringComparison.Ordinal);
        Assert.Empty((await GetAsync("k")).Etag);
    }

    [Fact]
    public async Task Save_NothingAtAll_IsOk() => Assert.Equal("0 ", await _sidecar.EndAsync("SaveState", Save()));

    [Fact]
    public async Task Save_WithTheEtagOfTheValue_ChangesIt()
    {
        await SaveAsync(Item("k", "1"));
        var etag = (await GetAsync("k")).Etag;

        await SaveAsync(Item("k", "2", etag));

        var now = await GetAsync("k");
        Assert.Equal("2", now.Data.ToStringUtf8());
        Assert.NotEqual(etag, now.Etag);
    }

    [Fact]
    public async Task Save_WithAnotherEtag_IsAbortedAndKeepsTheValue()
    {
        await SaveAsync(Item("k", "1"));

        var end = await _sidecar.EndAsync("SaveState", Save(Item("k", "2", "stale")));

        Assert.StartsWith("10 failed saving state in state store store: possible etag mismatch. error from state store: ", end, StringComparison.Ordinal);
        Assert.Equal("1", (await GetAsync("k")).Data.ToStringUtf8());
    }

    [Fact]
    public async Task Save_WithAnEmptyEtagMessage_CountsAsNone()
    {
        await SaveAsync(Item("k", "1"));

        await SaveAsync(Item("k", "2", ""));

        Assert.Equal("2", (await GetAsync("k")).Data.ToStringUtf8());
    }

    [Theory]
    [InlineData(StateConcurrency.ConcurrencyFirstWrite, 10, "1")]
    [InlineData(StateConcurrency.ConcurrencyLastWrite, 0, "2")]
    [InlineData(StateConcurrency.ConcurrencyUnspecified, 0, "2")]
    [InlineData((StateConcurrency)77, 0, "2")]
    public async Task Save_OverAValueWithoutAnEtag_LosesOnlyAsAFirstWrite(object concurrency, int status, string stored)
    {
        await SaveAsync(Item("k", "1"));
        var second = Item("k", "2");
        second.Options = new StateOptions { Concurrency = (StateConcurrency)concurrency };

        var reply = await _sidecar.CallAsync("SaveState", Save(second));

        Assert.Equal(status, reply.Status);
        Assert.Equal(stored, (await GetAsync("k")).Data.ToStringUtf8());
    }

    [Fact]
    public async Task Save_WithATtl_TellsTheExpiryAndThenForgetsTheKey()
    {
        var item = Item("k", "1");
        item.Metadata.Add("ttlInSeconds", "1");

        var before = TimeProvider.System.GetUtcNow();
        await SaveAsync(item);
        var read = await GetAsync("k");

        var expiry = DateTimeOffset.Parse(read.Metadata["ttlExpireTime"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(expiry, before.AddSeconds(-1), before.AddSeconds(10));
        await Eventually.Get(() => GetAsync("k"), now => now.Data.IsEmpty && now.Etag.Length == 0);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("1.5")]
    public async Task Save_WithATtlThatIsNoNumber_IsInternal(string ttl)
    {
        var item = Item("k", "1");
        item.Metadata.Add("ttlInSeconds", ttl);

        Assert.Equal(
            $"13 failed saving state in state store store: incorrect value for metadata 'ttlInSeconds': '{ttl}' is not a whole number",
            await _sidecar.EndAsync("SaveState", Save(item)));
    }

    [Fact]
    public async Task GetBulk_SomeKeysMissing_AnswersInTheOrderAsked()
    {
        await SaveAsync(Item("a", "1"), Item("b", "raw \u0001"));

        var response = await _sidecar.CallAsync(
            "GetBulkState", new GetBulkStateRequest { StoreName = "store", Keys = { "b", "x", "a", "b" }, Parallelism = -3 }, GetBulkStateResponse.Parser);

        Assert.Equal(
            [("b", "raw \u0001", true), ("x", "", false), ("a", "1", true), ("b", "raw \u0001", true)],
            response.Items.Select(item => (item.Key, item.Data.ToStringUtf8(), item.Etag.Length > 0)));
        Assert.All(response.Items, item => Assert.Empty(item.Error));
    }

    [Fact]
    public async Task GetBulk_NoKeys_IsEmpty()
    {
        var response = await _sidecar.CallAsync("GetBulkState", new GetBulkStateRequest { StoreName = "store" }, GetBulkStateResponse.Parser);

        Assert.Empty(response.Items);
    }

    [Fact]
    public async Task Delete_ByEtag_FailsWhileItIsAnotherAndThenSucceeds()
    {
        await SaveAsync(Item("k", "1"));
        var etag = (await GetAsync("k")).Etag;

        var stale = await _sidecar.EndAsync("DeleteState", new DeleteStateRequest { StoreName = "store", Key = "k", Etag = new Etag { Value = "stale" } });
        var right = await _sidecar.EndAsync("DeleteState", new DeleteStateRequest { StoreName = "store", Key = "k", Etag = new Etag { Value = etag } });
        var again = await _sidecar.EndAsync("DeleteState", new DeleteStateRequest { StoreName = "store", Key = "k" });

        Assert.StartsWith("10 failed deleting state with key k: possible etag mismatch. error from state store: ", stale, StringComparison.Ordinal);
        Assert.Equal(("0 ", "0 "), (right, again));
        Assert.Empty((await GetAsync("k")).Etag);
    }

    [Fact]
    public async Task DeleteBulk_SeveralKeys_RemovesThemAndNoOther()
    {
        await SaveAsync(Item("a", "1"), Item("b", "2"), Item("c", "3"));

        var end = await _sidecar.EndAsync("DeleteBulkState", new DeleteBulkStateRequest { StoreName = "store", States = { Item("a", ""), Item("c", ""), Item("nope", "") } });

        Assert.Equal("0 ", end);
        Assert.Equal(("", "2", ""), ((await GetAsync("a")).Data.ToStringUtf8(), (await GetAsync("b")).Data.ToStringUtf8(), (await GetAsync("c")).Data.ToStringUtf8()));
    }

    [Fact]
    public async Task Transaction_UpsertAndDelete_HappensAsAWhole()
    {
        await SaveAsync(Item("gone", "1"));

        var end = await _sidecar.EndAsync("ExecuteStateTransaction", Transaction(("upsert", Item("new", "2")), ("delete", Item("gone", ""))));

        Assert.Equal("0 ", end);
        Assert.Equal(("2", ""), ((await GetAsync("new")).Data.ToStringUtf8(), (await GetAsync("gone")).Etag));
    }

    [Fact]
    public async Task Transaction_WithAStaleEtag_IsInternalAndChangesNothing()
    {
        await SaveAsync(Item("k", "1"));

        var end = await _sidecar.EndAsync("ExecuteStateTransaction", Transaction(("upsert", Item("other", "2")), ("upsert", Item("k", "2", "stale"))));

        Assert.StartsWith("13 error while executing state transaction: possible etag mismatch. error from state store: ", end, StringComparison.Ordinal);
        Assert.Equal(("1", ""), ((await GetAsync("k")).Data.ToStringUtf8(), (await GetAsync("other")).Etag));
    }

    [Fact]
    public async Task Transaction_OfNothing_IsOk() =>
        Assert.Equal("0 ", await _sidecar.EndAsync("ExecuteStateTransaction", Transaction()));

    private static StateItem Item(string key, string value, string? etag = null) => new()
    {
        Key = key,
        Value = ByteString.CopyFromUtf8(value),
        Etag = etag is null ? null : new Etag { Value = etag },
    };

    private static SaveStateRequest Save(params StateItem[] items) => new() { StoreName = "store", States = { items } };

    private static ExecuteStateTransactionRequest Transaction(params (string Type, StateItem Item)[] operations) => new()
    {
        StoreName = "store",
        Operations = { operations.Select(operation => new TransactionalStateOperation { OperationType = operation.Type, Request = operation.Item }) },
    };

    private Task SaveAsync(params StateItem[] items) => _sidecar.CallAsync("SaveState", Save(items), Empty.Parser);

    private Task<GetStateResponse> GetAsync(string key) =>
        _sidecar.CallAsync("GetState", new GetStateRequest { StoreName = "store", Key = key }, GetStateResponse.Parser);
}

using DaprShop.Tests.Wire;
using Google.Protobuf;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Grpc.DaprApi;
using StateItem = Sidecar.Grpc.DaprApi.StateItem;

namespace DaprShop.Tests.Grpc;

/// <summary>The gRPC column of dapr-contract.md 4.3, details included.</summary>
public sealed class StateServiceErrorTests : IAsyncLifetime
{
    private const string Help =
        "help https://docs.dapr.io/reference/components-reference/supported-state-stores/: Check the list of state stores and the features they support";

    private readonly FakeStateStore _store = new();
    private readonly FakeStateStore _plain = new(StateCapabilities.Etag);
    private GrpcSidecar _sidecar = null!;

    public static TheoryData<string> Methods =>
        ["GetState", "GetBulkState", "SaveState", "DeleteState", "DeleteBulkState", "ExecuteStateTransaction", "QueryStateAlpha1"];

    public static TheoryData<string> KeyMethods =>
        ["GetState", "GetBulkState", "SaveState", "DeleteState", "DeleteBulkState", "ExecuteStateTransaction"];

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("store", "state.fake"), Yaml.Component("plain", "state.plain")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => _store, ["state.plain"] = () => _plain },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task UnknownStore_AnyMethod_IsInvalidArgument(string method) =>
        Assert.Equal("3 state store nope is not found | DAPR_STATE_NOT_FOUND dapr.io appID=app", await EndAsync(method, "nope", "k"));

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task NoStoreAtAll_AnyMethod_IsFailedPrecondition(string method)
    {
        await using var bare = await GrpcSidecar.StartAsync();

        Assert.Equal(
            "9 state store store is not configured | DAPR_STATE_NOT_CONFIGURED dapr.io appID=app",
            await bare.EndAsync(method, Request(method, "store", "k")));
    }

    [Theory]
    [MemberData(nameof(KeyMethods))]
    public async Task KeyWithTwoPipes_AnyMethod_IsInvalidArgumentWithTheKeyAsViolation(string method)
    {
        Assert.Equal(
            "3 input key/keyPrefix 'a||b' can't contain '||' | DAPR_STATE_ILLEGAL_KEY dapr.io | state 'store' | field a||b: input key/keyPrefix 'a||b' can't contain '||'",
            await EndAsync(method, "store", "a||b"));
        Assert.Empty(_store.Operations);
    }

    [Theory]
    [InlineData("SaveState")]
    [InlineData("ExecuteStateTransaction")]
    public async Task EmptyKey_OfAWrite_IsInvalidArgument(string method)
    {
        Assert.Equal("3 state key cannot be empty", await EndAsync(method, "store", ""));
        Assert.Empty(_store.Operations);
    }

    [Theory]
    [InlineData("GetState", "13 fail to get k from state store store: disk gone")]
    [InlineData("GetBulkState", "13 disk gone")]
    [InlineData("SaveState", "13 failed saving state in state store store: disk gone")]
    [InlineData("DeleteState", "13 failed deleting state with key k: disk gone")]
    [InlineData("DeleteBulkState", "13 failed deleting state in state store store: disk gone")]
    [InlineData("ExecuteStateTransaction", "13 error while executing state transaction: disk gone")]
    public async Task FailingStore_EachMethod_IsInternalWithItsOwnText(string method, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.Failed, "disk gone");

        Assert.Equal(expected, await EndAsync(method, "store", "k"));
    }

    [Theory]
    [InlineData("SaveState", "10 failed saving state in state store store: possible etag mismatch. error from state store: it moved")]
    [InlineData("DeleteState", "10 failed deleting state with key k: possible etag mismatch. error from state store: it moved")]
    [InlineData("DeleteBulkState", "10 failed deleting state in state store store: possible etag mismatch. error from state store: it moved")]
    [InlineData("ExecuteStateTransaction", "13 error while executing state transaction: possible etag mismatch. error from state store: it moved")]
    public async Task EtagMismatch_EachWrite_IsAbortedExceptInATransaction(string method, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.EtagMismatch, "it moved");

        Assert.Equal(expected, await EndAsync(method, "store", "k"));
    }

    [Theory]
    [InlineData("SaveState", "3 failed saving state in state store store: invalid etag value: not a number")]
    [InlineData("DeleteState", "3 failed deleting state with key k: invalid etag value: not a number")]
    public async Task InvalidEtag_SaveAndDelete_IsInvalidArgument(string method, string expected)
    {
        _store.Fault = new ComponentException(ComponentFault.EtagInvalid, "not a number");

        Assert.Equal(expected, await EndAsync(method, "store", "k"));
    }

    [Fact]
    public async Task Transaction_AStoreWithoutTransactions_IsUnimplementedWithAHelpLink() =>
        Assert.Equal(
            $"12 state store plain doesn't support transactions | DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED dapr.io | state 'plain' | {Help}",
            await EndAsync("ExecuteStateTransaction", "plain", "k"));

    [Fact]
    public async Task Transaction_AnUnknownOperation_IsUnimplementedAndNothingIsDone()
    {
        var request = new ExecuteStateTransactionRequest
        {
            StoreName = "store",
            Operations =
            {
                new TransactionalStateOperation { OperationType = "upsert", Request = new StateItem { Key = "a" } },
                new TransactionalStateOperation { OperationType = "rename", Request = new StateItem { Key = "b" } },
            },
        };

        Assert.Equal("12 operation type rename not supported", await _sidecar.EndAsync("ExecuteStateTransaction", request));
        Assert.Empty(_store.Operations);
    }

    [Fact]
    public async Task Query_AnyStore_IsInternalNotSupported() =>
        Assert.Equal(
            "13 state store does not support querying | DAPR_STATE_QUERYING_NOT_SUPPORTED dapr.io | state 'store'",
            await EndAsync("QueryStateAlpha1", "store", "k"));

    [Fact]
    public async Task Save_AMessageCutShort_IsInternalAndStoresNothing()
    {
        var whole = RawGrpcClient.Frame(Request("SaveState", "store", "k").ToByteArray());

        var reply = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf("SaveState"), whole[..^1]);

        Assert.Equal((13, "the stream ends in the middle of a message"), (reply.Status, reply.Message));
        Assert.Empty(_store.Operations);
    }

    [Theory]
    [InlineData(new byte[] { 0x0A, 0x7F, 1 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x00, 0x01 })]
    public async Task Save_BytesThatAreNoMessage_AreInternal(byte[] message)
    {
        var reply = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf("SaveState"), RawGrpcClient.Frame(message));

        Assert.Equal(13, reply.Status);
        Assert.StartsWith("failed to unmarshal the received message: ", reply.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Operations);
    }

    [Fact]
    public async Task Save_AFieldOfAnotherType_IsSkippedAsUnknown()
    {
        // store_name as a number: protobuf keeps it aside, so the name is empty.
        var reply = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf("SaveState"), RawGrpcClient.Frame([0x08, 1]));

        Assert.Equal((3, "state store  is not found"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Save_AMessageOverTheBodyLimit_IsResourceExhausted()
    {
        await using var small = await GrpcSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.fake")],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.fake"] = () => _store },
            Options = options => options with { MaxBodySizeBytes = 1000 },
        });
        var request = new SaveStateRequest { StoreName = "store", States = { new StateItem { Key = "k", Value = ByteString.CopyFrom(new byte[2000]) } } };

        var end = await small.EndAsync("SaveState", request);

        Assert.Equal($"8 grpc: received message larger than max ({request.CalculateSize()} vs. 1000)", end);
        Assert.Empty(_store.Operations);
    }

    [Fact]
    public async Task Get_WithoutTheApiToken_IsUnauthenticated()
    {
        await using var guarded = await GrpcSidecar.StartAsync(new SidecarSetup { Options = options => options with { ApiToken = "secret" } });

        var without = await guarded.EndAsync("GetState", Request("GetState", "store", "k"));
        var with = await guarded.EndAsync("GetState", Request("GetState", "store", "k"), ("dapr-api-token", "secret"));

        Assert.Equal("16 missing api token in request metadata", without);
        Assert.StartsWith("9 state store store is not configured", with, StringComparison.Ordinal);
    }

    private Task<string> EndAsync(string method, string store, string key) => _sidecar.EndAsync(method, Request(method, store, key));

    private static IMessage Request(string method, string store, string key) => method switch
    {
        "GetState" => new GetStateRequest { StoreName = store, Key = key },
        "GetBulkState" => new GetBulkStateRequest { StoreName = store, Keys = { key } },
        "SaveState" => new SaveStateRequest { StoreName = store, States = { new StateItem { Key = key } } },
        "DeleteState" => new DeleteStateRequest { StoreName = store, Key = key },
        "DeleteBulkState" => new DeleteBulkStateRequest { StoreName = store, States = { new StateItem { Key = key } } },
        "ExecuteStateTransaction" => new ExecuteStateTransactionRequest
        {
            StoreName = store,
            Operations = { new TransactionalStateOperation { OperationType = "upsert", Request = new StateItem { Key = key } } },
        },
        _ => new QueryStateRequest { StoreName = store, Query = "{}" },
    };
}

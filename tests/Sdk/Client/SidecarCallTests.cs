using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dapr;
using Dapr.Client;

namespace DaprShop.Tests.Client;

/// <summary>What all calls have in common: headers, failures, cancellation.</summary>
public sealed class SidecarCallTests
{
    public static TheoryData<string, Func<DaprClient, CancellationToken, Task>> Calls => new()
    {
        { "publish", (client, stop) => client.PublishEventAsync("p", "t", 1, stop) },
        { "get", (client, stop) => client.GetStateAsync<int>("s", "k", cancellationToken: stop) },
        { "bulk get", (client, stop) => client.GetBulkStateAsync("s", ["k"], null, cancellationToken: stop) },
        { "save", (client, stop) => client.SaveStateAsync("s", "k", 1, cancellationToken: stop) },
        { "try save", (client, stop) => client.TrySaveStateAsync("s", "k", 1, "5", cancellationToken: stop) },
        { "bulk save", (client, stop) => client.SaveBulkStateAsync("s", [new SaveStateItem<int>("k", 1, "")], stop) },
        { "delete", (client, stop) => client.DeleteStateAsync("s", "k", cancellationToken: stop) },
        { "try delete", (client, stop) => client.TryDeleteStateAsync("s", "k", "5", cancellationToken: stop) },
        { "bulk delete", (client, stop) => client.DeleteBulkStateAsync("s", [new BulkDeleteStateItem("k", "")], stop) },
        { "transaction", (client, stop) => client.ExecuteStateTransactionAsync("s", [new("k", null, StateOperationType.Delete)], cancellationToken: stop) },
        { "secret", (client, stop) => client.GetSecretAsync("s", "k", cancellationToken: stop) },
        { "bulk secret", (client, stop) => client.GetBulkSecretAsync("s", cancellationToken: stop) },
#pragma warning disable DAPR_DISTRIBUTEDLOCK
        { "lock", (client, stop) => client.Lock("s", "r", "o", 1, stop) },
        { "unlock", (client, stop) => client.Unlock("s", "r", "o", stop) },
#pragma warning restore DAPR_DISTRIBUTEDLOCK
        { "metadata", (client, stop) => client.GetMetadataAsync(stop) },
        { "set metadata", (client, stop) => client.SetMetadataAsync("a", "b", stop) },
        { "shutdown", (client, stop) => client.ShutdownSidecarAsync(stop) },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_OfAnyKind_CarriesTokenAgentAndTrace(string name, Func<DaprClient, CancellationToken, Task> call)
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));
        using var activity = new Activity(name).SetIdFormat(ActivityIdFormat.W3C).Start();

        await call(client, CancellationToken.None);

        Assert.Equal("secret", sidecar.Request.Header("dapr-api-token"));
        Assert.StartsWith("dapr-sdk-dotnet/v", sidecar.Request.Header("User-Agent"), StringComparison.Ordinal);
        Assert.Contains(activity.TraceId.ToHexString(), sidecar.Request.Header("traceparent"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_SidecarFails_ThrowsDaprExceptionWithStatusInside(string name, Func<DaprClient, CancellationToken, Task> call)
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(500, """{"errorCode":"ERR_X","message":"broken"}""");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<DaprException>(() => call(client, CancellationToken.None));

        Assert.EndsWith("failed: the sidecar answered 500 ERR_X: broken", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.InnerException is HttpRequestException { StatusCode: HttpStatusCode.InternalServerError }, name);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_NobodyListens_ThrowsDaprException(string name, Func<DaprClient, CancellationToken, Task> call)
    {
        using var client = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{UnusedPort()}").Build();

        var failure = await Assert.ThrowsAsync<DaprException>(() => call(client, CancellationToken.None));

        Assert.True(failure.InnerException is HttpRequestException { StatusCode: null }, name);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_Cancelled_ThrowsOperationCanceled(string name, Func<DaprClient, CancellationToken, Task> call)
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var stop = new CancellationTokenSource();
        sidecar.Answer = async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call(client, stop.Token));

        Assert.True(stop.IsCancellationRequested, name);
        Assert.IsNotType<DaprException>(failure.InnerException);
    }

    [Fact]
    public async Task Call_AnswerIsNotTheSidecars_QuotesIt()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(502, "bad gateway");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<DaprException>(() => client.SaveStateAsync("s", "k", 1));

        Assert.Equal("Saving state in 's' failed: the sidecar answered 502 bad gateway", failure.Message);
    }

    [Fact]
    public async Task Call_NoTokenConfigured_SendsNone()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();

        await client.SaveStateAsync("s", "k", 1);

        Assert.Null(sidecar.Request.Header("dapr-api-token"));
    }

    [Fact]
    public async Task Call_ClientDisposed_Fails()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        var client = sidecar.Client();

        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SaveStateAsync("s", "k", 1));
    }

    [Theory]
    [InlineData("ftp://localhost:1", "http://localhost:2")]
    [InlineData("http://localhost:1", "unix:///x")]
    public void Build_EndpointIsNotHttp_IsRefused(string http, string grpc)
    {
        var builder = new DaprClientBuilder().UseHttpEndpoint(http).UseGrpcEndpoint(grpc);

        Assert.Throws<InvalidOperationException>(builder.Build);
    }

    private static int UnusedPort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}

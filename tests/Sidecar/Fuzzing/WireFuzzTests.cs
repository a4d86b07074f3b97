using System.Globalization;
using System.Net.Sockets;
using System.Text;
using DaprShop.Tests.Grpc;
using DaprShop.Tests.Wire;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Fuzzing;

/// <summary>A running sidecar and clients that send it anything: it answers each of them, and lives.</summary>
public sealed class WireFuzzTests : IAsyncLifetime
{
    private const int AtOnce = 8;

    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(
        Yaml.Component("statestore", "state.in-memory", ("actorStateStore", "true")), Yaml.Component("pubsub", "pubsub.in-memory"));

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Path_OfAnyBytes_IsAnsweredAndNeverByAFailureOfTheSidecarItself()
    {
        var paths = Fuzz.Texts(
            [
                "/v1.0/state/statestore/key", "/v1.0/publish/pubsub/topic?metadata.ttlInSeconds=5", "/v1.0/invoke/app/method/a/b?c=d", "/v1.0/metadata",
                "/v1.0/actors/cat/tom/state/k", "/v1.0/secrets/store/key", "/v1.0/configuration/store?key=a",
                "/v1.0/bindings/out", "/v1.0/workflows/dapr/o1/start?instanceID=x", "/v1.0/healthz", "/v1.0-alpha1/lock/store", "/",
            ],
            "%2F", "%2f", "%2E%2E", "%00", "%", "%ZZ", "%u0041", "#", "?", "//", "/../", "/./", ";", "\\", "\u0001", "\u007f", "é", "%C3", "||", "&", "+", "*", "://", "@");
        await OverAsync(
            from path in paths
            from verb in Gen.Elements("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
            select (Verb: verb, Path: path.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Replace(" ", "+", StringComparison.Ordinal)),
            async input =>
            {
                var answer = await SendAsync($"{input.Verb} {input.Path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}");
                Assert.StartsWith("HTTP/1.1 ", answer, StringComparison.Ordinal);
                var status = int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture);

                // daprd's own way of saying that an app, store or binding of this name is not there.
                var isDaprs = answer.Contains("\"errorCode\":\"ERR_", StringComparison.Ordinal);
                Assert.True(status < 500 || isDaprs, $"{input}: {answer}");
            });
    }

    [Fact]
    public async Task Body_OfAnyBytes_IsAnsweredAndNeverByAFailureOfTheSidecarItself() => await OverAsync(
        from body in Fuzz.Bytes(
            [.. ((string[])[
                """[{"key":"k","value":{"a":1.0},"etag":"1","metadata":{"ttlInSeconds":"5"},"options":{"concurrency":"first-write","consistency":"strong"}}]""",
                """{"operations":[{"operation":"upsert","request":{"key":"k","value":1}},{"operation":"delete","request":{"key":"k"}}],"metadata":{}}""",
                """{"keys":["a","b"],"parallelism":4}""",
                """[{"entryId":"1","event":{"x":1},"contentType":"application/json","metadata":{"a":"b"}}]""",
                """{"dueTime":"5s","period":"R3/PT10S","ttl":"1h","data":{"x":[1]},"failure_policy":{"constant":{"interval":"1s","maxRetries":2}}}""",
                """{"schedule":"@every 1h","repeats":"3","dueTime":"1h","ttl":"2h","overwrite":true,"data":{"a":[1.5]},"failurePolicy":{"drop":{}}}"""]).Select(Encoding.UTF8.GetBytes)],
            [.. ((string[])["{", "[", "\"key\":", "null", "1e999", "-0", "\\u0000", "\\ud800", "\xff", "true", "\"\":", ","]).Select(Encoding.Latin1.GetBytes)])
        from path in Gen.Elements(
            "state/statestore", "state/statestore/bulk", "state/statestore/transaction", "publish/pubsub/t", "publish/bulk/pubsub/t",
            "actors/cat/tom/reminders/r", "actors/cat/tom/timers/t", "actors/cat/tom/state", "metadata/k", "workflows/dapr/w/start", "jobs/j")
        from type in Gen.Elements("application/json", "application/cloudevents+json", "text/plain", "multipart/form-data", "")
        select (body, path, type),
        async input =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/v1.0/{input.path}", UriKind.Relative)) { Content = new ByteArrayContent(input.body) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", input.type);
            using var answer = await _sidecar.Running.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode < 500 || text.Contains("\"errorCode\":\"ERR_", StringComparison.Ordinal), $"{input.path} {Convert.ToHexString(input.body)}: {answer.StatusCode} {text}");
        });

    [Fact]
    public async Task GrpcBody_OfAnyBytes_EndsWithAStatusThatSaysWhy()
    {
        (string Method, IMessage Request)[] calls =
        [
            ("SaveState", new SaveStateRequest { StoreName = "statestore", States = { new StateItem { Key = "k", Value = ByteString.CopyFromUtf8("1"), Etag = new Etag { Value = "1" } } } }),
            ("GetState", new GetStateRequest { StoreName = "statestore", Key = "k" }),
            ("ExecuteStateTransaction", new ExecuteStateTransactionRequest { StoreName = "statestore", Operations = { new TransactionalStateOperation { OperationType = "upsert", Request = new StateItem { Key = "k" } } } }),
            ("PublishEvent", new PublishEventRequest { PubsubName = "pubsub", Topic = "t", Data = ByteString.CopyFromUtf8("{}"), DataContentType = "application/json" }),
            ("GetActorState", new GetActorStateRequest { ActorType = "cat", ActorId = "tom", Key = "k" }),
            ("RegisterActorReminder", new RegisterActorReminderRequest { ActorType = "cat", ActorId = "tom", Name = "r", DueTime = "5s" }),
            ("GetMetadata", new GetMetadataRequest()),
        ];
        await OverAsync(
            from body in Fuzz.Bytes([.. calls.Select(call => RawGrpcClient.Frame(call.Request.ToByteArray()))], [0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 9], [0, 0xFF, 0xFF, 0xFF, 0xFF], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x80], [0xC0, 0x80])
            from call in Gen.Elements(calls)
            select (call.Method, body),
            async input =>
            {
                var reply = await _sidecar.Client.SendAsync(GrpcSidecar.PathOf(input.Method), input.body);

                // Unknown is what an exception that nobody expected would be.
                Assert.True(reply.Status is >= 0 and <= 16 and not 2, $"{input.Method} {Convert.ToHexString(input.body)}: {reply.Status} {reply.Message}");
            });
    }

    private async Task OverAsync<T>(Gen<T> inputs, Func<T, Task> check)
    {
        var answered = 0;
        await Parallel.ForEachAsync(
            Fuzz.Sample(inputs),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (input, cancellationToken) =>
            {
                try
                {
                    await check(input).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
                    Interlocked.Increment(ref answered);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    throw new InvalidOperationException($"seed {Fuzz.Seed}: {failure.Message}", failure);
                }
            });
        Assert.Equal(Fuzz.Inputs, answered);
        Assert.Equal("204", await _sidecar.Running.Http.SendTextAsync("GET", "/v1.0/healthz"));
    }

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _sidecar.Running.Host.Options.HttpPort);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
